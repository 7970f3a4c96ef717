/** The image's ways to a fabric against the adapters of the nodes: what is missed there goes over TCP, silently. */
import { factValue } from '../inspect/facts.ts';
import { whyUnknown } from './compatibility.ts';
import type { InjectedLibrary, PreflightFinding, PreflightInput } from './finding.ts';

/** Transports that every MPI has without a library of the fabric. */
const plain: readonly string[] = ['tcp', 'tcp-loopback', 'shm', 'none'];

/** Adapters by the fact that shows them, and how they are reached (words of the transports of a partition). */
const adapters: readonly { readonly key: string; readonly fabric: string; readonly word: string }[] = [
  { key: 'slingshot', fabric: 'cxi', word: 'Slingshot' },
  { key: 'infiniband', fabric: 'verbs', word: 'InfiniBand or RoCE' },
];

/** The image, or what is injected, can reach the fabric that the partition demands or the nodes have. */
export function checkFabric({ image, facts, partition, injected }: PreflightInput): PreflightFinding {
  const { fabrics, toolkits } = image.holds;
  const has = (fabric: string): boolean =>
    fabrics.some((one) => one.fabric === fabric) || (injected ?? []).some((library) => reaches(library, fabric));
  const evidence = [
    ...toolkits
      .filter(({ name }) => name === 'libfabric' || name === 'ucx')
      .map(({ name, version, evidence: [place] }) => `${name} ${version ?? 'of unknown version'}: ${place}`),
    ...fabrics.map(({ fabric, path }) => `${path} is linked for ${fabric}`),
  ];
  const finding = (outcome: PreflightFinding['outcome'], message: string, more: readonly string[], hint = '') =>
    ({ check: 'fabric', outcome, message, evidence: [...evidence, ...more], hint }) as const;
  const { transport } = partition;
  if (transport !== undefined && plain.includes(transport))
    return finding('ok', `partition ${partition.name} asks for ${transport}, which needs no library of a fabric`, []);
  if (transport !== undefined && !has(transport))
    return finding(
      'cannot-tell',
      `partition ${partition.name} asks for ${transport}, and no MPI, libfabric or UCX of the image is seen to reach it: it may fall back to TCP`,
      [],
      `put a libfabric or UCX with ${transport} into the image, or inject that of the host`,
    );
  if (transport !== undefined) return finding('ok', `the image has a way to ${transport}`, []);
  const seen = adapters.flatMap(({ key, fabric, word }) =>
    facts.flatMap((node) => {
      const value = factValue(node, 'fabric', key);
      return value === undefined || value === 'none' ? [] : [{ node: node.node, fabric, word, value }];
    }),
  );
  const missed = seen.find(({ fabric }) => !has(fabric));
  const said = seen.slice(0, 4).map(({ node, word, value }) => `${node}: ${word}: ${value}`);
  if (missed)
    return finding(
      'cannot-tell',
      `${missed.node} has ${missed.word}, and no MPI, libfabric or UCX of the image is seen to reach it: it may fall back to TCP`,
      said,
      `put a libfabric or UCX with ${missed.fabric} into the image, or inject that of the host`,
    );
  if (seen.length > 0) return finding('ok', 'the image has a way to the fabric of the nodes', said);
  const why = adapters.flatMap(({ key }) => whyUnknown(facts, 'fabric', key));
  return finding('ok', 'no fabric of the nodes is known that the image would miss', why);
}

function reaches({ soname, needed }: InjectedLibrary, fabric: string): boolean {
  const marks: Readonly<Record<string, RegExp>> = {
    cxi: /^libcxi\.so/,
    verbs: /^libibverbs\.so/,
    efa: /^libefa\.so/,
    psm2: /^libpsm2\.so/,
    gni: /^libugni/,
  };
  return [soname, ...needed].some((name) => marks[fabric]?.test(name) === true);
}
