/**
 * Every MPI installed here, each with the tool that describes it: below PATH, so also those of loaded modules, and in the
 * folders that distributions and vendors use.
 */
import { factFrom, known, textOf } from '../../answers.ts';
import type { NodeAnswer, NodeAsk, ProbeRow } from '../../probe.ts';
import { launcherVersion, mpich, openMpi, pmixVersion } from './implementations.ts';

const folders = [
  ...['/usr/lib64/openmpi*/bin', '/usr/lib64/mpich*/bin', '/usr/lib64/mpi/gcc/*/bin', '/usr/mpi/gcc/*/bin'],
  ...['/opt/openmpi*/bin', '/opt/openmpi/*/bin', '/opt/mpich*/bin', '/opt/mpich/*/bin', '/opt/mvapich*/*/bin'],
  ...['/opt/hpcx*/ompi/bin', '/opt/amazon/openmpi*/bin', '/opt/intel/oneapi/mpi/*/bin', '/opt/pmix*/bin'],
  ...['/opt/cray/pe/mpich/*/ofi/*/*/bin', '/opt/cray/pe/mpich/*/ucx/*/*/bin', '/usr/local/bin'],
];

// Runs every program of a name, each file once, at most 16: `# found PATH`, what it says, `# status N`. Of what it says
// the lines that fit a pattern travel; where none does, its last words.
const script = `
wanted=$1
program=$2
shift 2
seen=' '
count=0
describe() {
  if [ ! -f "$1" ] || [ ! -x "$1" ]; then return; fi
  real=$(readlink -f "$1")
  case $seen in *" $real "*) return ;; esac
  seen="$seen$real "
  count=$((count + 1))
  [ "$count" -le 16 ] || return
  printf '\\n# found %s\\n' "$1"
  path=$1
  shift
  said=$("$path" "$@" 2>&1 </dev/null)
  ended=$?
  printf '%s\\n' "$said" | grep -E "$wanted" || printf '%s\\n' "$said" | tail -n 3
  printf '\\n# status %s\\n' "$ended"
}
IFS=:
for folder in $PATH; do
  unset IFS
  describe "$folder/$program" "$@"
done
unset IFS
for folder in ${folders.join(' ')}; do
  describe "$folder/$program" "$@"
done
exit 0
`;

function askEvery(id: string, wanted: string, program: string, ...words: readonly string[]): NodeAsk {
  return {
    id,
    kind: 'command',
    argv: ['sh', '-c', script, 'sh', wanted, program, ...words],
    limitSeconds: 20,
    shown: [program, ...words].join(' '),
    slow: true,
  };
}

export const installedAsks: readonly NodeAsk[] = [
  askEvery(
    'open-mpi',
    '^(ompi:version:full|mpi-api:version:full|bindings:abi|mca:(pmix|pml|mtl|btl|smsc):)',
    'ompi_info',
    '--parsable',
  ),
  askEvery('mpich', '^(MPICH|MVAPICH2?|MPI) *(Version|VERSION|Device|ABI|configure)', 'mpichversion'),
  askEvery('pmix', '^pmix:version:full:', 'pmix_info', '--parsable'),
  askEvery('launchers', '[0-9]\\.[0-9]|^HYDRA', 'mpirun', '--version'),
];

/** What one program of several said. */
export interface Described {
  readonly path: string;
  readonly status: number;
  readonly text: string;
}

/** The programs in an answer, in the order in which they were found; one that did not end is left out. */
export function describedPrograms(text: string): readonly Described[] {
  return text.split(/^# found /m).flatMap((part, index) => {
    const at = part.lastIndexOf('\n# status ');
    const status = part.slice(at + '\n# status '.length).trim();
    const [path = ''] = part.split('\n', 1);
    if (index === 0 || at < 0 || !/^\d{1,3}$/.test(status) || !path.startsWith('/')) return [];
    return [{ path, status: Number(status), text: part.slice(path.length + 1, Math.max(at, path.length + 1)) }];
  });
}

function openMpiRows(name: string, text: string, source: string): readonly ProbeRow[] | undefined {
  const found = openMpi(text);
  return (
    found && [
      known(name, `${found.version}, MPI ${found.standard}, ABI ${found.abi}`, source),
      known(`${name}:pmi`, found.pmi, source),
      known(`${name}:transports`, found.transports, source),
    ]
  );
}

function mpichRows(name: string, text: string, source: string): readonly ProbeRow[] | undefined {
  const found = mpich(text);
  return (
    found && [
      known(
        name,
        [found.version, `device ${found.device}`, ...(found.abi ? [`ABI ${found.abi}`] : [])].join(', '),
        source,
      ),
      known(`${name}:options`, found.options, source),
    ]
  );
}

function one(pick: (text: string) => string | undefined) {
  return (name: string, text: string, source: string): readonly ProbeRow[] | undefined => {
    const value = pick(text)?.trim();
    return value ? [known(name, value, source)] : undefined;
  };
}

const readers = {
  'open-mpi': openMpiRows,
  mpich: mpichRows,
  pmix: one(pmixVersion),
  launchers: one(launcherVersion),
} as const;

/** Rows for everything found, `open-mpi:/usr/bin`; where a kind was not found at all, its name is `none`. */
export function installedRows(answers: (id: string) => NodeAnswer): readonly ProbeRow[] {
  return Object.entries(readers).flatMap(([kind, reader]) => {
    const answer = answers(kind);
    if (answer.kind === 'unknown') return [{ key: kind, fact: factFrom(answer, () => undefined) }];
    const found = describedPrograms(textOf(answer) ?? '');
    if (found.length === 0) {
      const empty = answer.status === 0 && (textOf(answer) ?? '').trim() === '';
      return [empty ? known(kind, 'none', answer.source) : { key: kind, fact: factFrom(answer, () => undefined) }];
    }
    return found.flatMap(({ path, status, text }) => {
      const name = `${kind}:${path.slice(0, path.lastIndexOf('/')) || '/'}`;
      const rows = reader(name, text, `${path} ${answer.source.split(' ').slice(1).join(' ')}`.trim());
      const failed = { ...answer, status, bytes: Buffer.from(text), source: path };
      return rows ?? [{ key: name, fact: factFrom(failed, () => undefined) }];
    });
  });
}
