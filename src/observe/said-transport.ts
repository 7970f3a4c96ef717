/**
 * The transport in the words of the library that carried the messages, where it was made to speak: by variables that the site
 * or the suite sets. Reads standard error and output of a step, whatever else stands there. Pure.
 */

/** A variable that makes a library name its transport, and how little it must be set to. */
interface Loudness {
  readonly name: string;
  readonly loud: (value: string) => boolean;
}

const atLeast = (least: number) => (value: string) => /^\d+$/.test(value) && Number(value) >= least;

/** Variables after which it is worth reading what a step printed. */
const loudnesses: readonly Loudness[] = [
  // UCX 1.20.1 names the lanes of each kind of connection at `info`.
  { name: 'UCX_LOG_LEVEL', loud: (value) => /^(?:info|debug|trace\w*|data|func)$/i.test(value) },
  // Open MPI 5.0.11: the btl to each peer (bml_r2.c), and the pml that was selected.
  { name: 'OMPI_MCA_btl_base_verbose', loud: atLeast(1) },
  { name: 'OMPI_MCA_pml_base_verbose', loud: atLeast(10) },
  // MPICH 5.0.2 with ofi; Intel MPI 2019 update 6.
  { name: 'MPIR_CVAR_DEBUG_SUMMARY', loud: (value) => !/^(?:0|no|off|false|)$/i.test(value) },
  { name: 'I_MPI_DEBUG', loud: (value) => atLeast(2)(value.split(',')[0] ?? '') },
];

/** True when a program with these variables may say which transport it uses. */
export function isMadeToSay(environment: Readonly<Record<string, string>>): boolean {
  return loudnesses.some(({ name, loud }) => loud(environment[name] ?? ''));
}

/** One kind of line: what it says, as a sentence's beginning and its end. */
interface Saying {
  readonly pattern: RegExp;
  readonly say: (words: readonly string[]) => readonly [string, string];
}

const sayings: readonly Saying[] = [
  {
    // ucp_context_0 inter-node cfg#2 tag(rc_mlx5/mlx5_0:1) rma(…) am(…)
    pattern: /\b(intra-node|inter-node) cfg#\d+ tag\(([\w/:. -]{1,200})\)/,
    say: ([where = '', lanes = '']) => [`UCX ${where === 'inter-node' ? 'between nodes' : 'within a node'}`, lanes],
  },
  {
    // [node1:4711] mca: bml: Using tcp btl for send to [[26008,1],1] on node node2
    pattern:
      /^\[([\w.-]{1,100}):\d+\] mca: bml: Using (\w{1,40}) btl for send to \[\[\d+,\d+\],\d+\] on node ([\w.-]{1,100})/,
    say: ([own = '', btl = '', other = '']) => [
      `Open MPI btl ${own === other ? 'within a node' : 'between nodes'}`,
      btl,
    ],
  },
  {
    pattern: /^\[[\w.-]{1,100}:\d+\] select: component (\w{1,40}) selected/,
    say: ([pml = '']) => ['Open MPI pml', pml],
  },
  {
    // MPICH: `libfabric provider: sockets - 192.0.2.0/24`; Intel MPI: `[0] MPI startup(): libfabric provider: tcp;ofi_rxm`
    pattern: /^(\[\d+\] MPI startup\(\): )?libfabric provider: ([\w;.+-]{1,100})/,
    say: ([intel, provider = '']) => [intel ? 'Intel MPI by libfabric' : 'MPICH by libfabric', provider],
  },
];

/** Longest line looked at: what a library says of itself is short. */
const longest = 2000;

/** What was said, each once, as `UCX between nodes: rc_mlx5/mlx5_0:1`; empty when nothing was. */
export function saidTransport(texts: readonly string[]): readonly string[] {
  const said = new Map<string, Set<string>>();
  for (const text of texts)
    for (const line of text.split('\n')) {
      if (line.length > longest) continue;
      for (const { pattern, say } of sayings) {
        const match = pattern.exec(line);
        if (!match) continue;
        const [subject, word] = say(match.slice(1));
        // Open MPI reaches the process itself by `self`, which is no transport.
        if (word !== 'self') said.set(subject, (said.get(subject) ?? new Set()).add(word.trim()));
      }
    }
  return [...said].map(([subject, words]) => `${subject}: ${[...words].sort().join(', ')}`).sort();
}
