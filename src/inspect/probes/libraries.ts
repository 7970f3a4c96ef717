/**
 * Libraries of network, process management and MPI that the dynamic loader of this node finds: below LD_LIBRARY_PATH,
 * then in its cache (ld.so(8), ldconfig(8)). Where they lie tells their version; their digests are taken in the slow tier.
 */
import { factFrom, known, textOf, unknown } from '../answers.ts';
import type { NodeAnswer, Probe, ProbeRow } from '../probe.ts';

/** What a library of this name belongs to, by its name before `.so`. */
const kinds: Readonly<Record<'fabric' | 'mpi', readonly string[]>> = {
  fabric: [
    ...['libfabric', 'libucp', 'libuct', 'libucs', 'libucm', 'libibverbs', 'librdmacm', 'libmlx5', 'libefa', 'libcxi'],
    ...['libpsm2', 'libpsm_infinipath', 'libxpmem', 'libgdrapi', 'libhugetlbfs', 'libhcoll', 'libsharp_coll'],
    ...['libnccl', 'librccl', 'libnccl-net'],
  ],
  mpi: ['libmpi', 'libmpi_*', 'libmpich', 'libmpifort', 'libpmi', 'libpmi2', 'libpmix'],
};

const wanted = [...kinds.fabric, ...kinds.mpi].map((name) => `${name}.so.*`).join('|');

// Lists `SONAME<TAB>PATH<TAB>REAL`, the first of a name as the loader would take it. Of the cache only plain entries of
// the machine's own word size count: `(libc6)` alone is the 32-bit one, and a hwcap is for some processors only.
// With the word `digests` it prints `sha256sum` of the files themselves instead, each once.
const script = `
PATH=$PATH:/usr/sbin:/sbin
seen=' '
found() {
  case $1 in libmpi_usempi* | libmpi_mpifh* | libmpi_java* | libmpi_cxx*) return ;; ${wanted}) ;; *) return ;; esac
  case \${1##*.so.} in '' | *[!0-9]*) return ;; esac
  case $seen in *" $1 "*) return ;; esac
  seen="$seen$1 "
  printf '%s\\t%s\\t%s\\n' "$1" "$2" "$(readlink -f "$2")"
}
list() {
  IFS=:
  for folder in \${LD_LIBRARY_PATH-}; do
    if [ -z "$folder" ]; then continue; fi
    for path in "$folder"/lib*.so.*; do [ ! -f "$path" ] || found "\${path##*/}" "$path"; done
  done
  unset IFS
  cache=$(ldconfig -p) || return 3
  while read -r name flags path; do
    case $flags in '(libc6,'*) ;; *) continue ;; esac
    case $path in *hwcap*) ;; *'=> '*) found "$name" "\${path##*=> }" ;; esac
  done <<END
$(printf '%s\\n' "$cache" | grep -E '^[[:space:]]*lib(fabric|uc[pstm]|ibverbs|rdmacm|mlx5|efa|cxi|psm|xpmem|gdr|huge|hcoll|sharp|r?nccl|rccl|mpi|pmi)')
END
}
case \${1-} in
  digests) list 2>/dev/null | cut -f3 | sort -u | head -n 64 | while IFS= read -r file; do sha256sum "$file"; done ;;
  *) list ;;
esac
`;

/** A library as the loader finds it. */
export interface FoundLibrary {
  readonly soname: string;
  readonly path: string;
  /** The file behind all links: its name carries the version. */
  readonly file: string;
}

/** Libraries in the answer of the list, by soname. */
export function foundLibraries(text: string): readonly FoundLibrary[] {
  const found = text.split('\n').flatMap((line) => {
    const [soname = '', path = '', file = ''] = line.trimEnd().split('\t');
    return /^lib[\w.+-]+\.so\.\d+$/.test(soname) && path.startsWith('/') ? [{ soname, path, file: file || path }] : [];
  });
  return found.sort((a, b) => (a.soname < b.soname ? -1 : 1));
}

/** `sha256sum` lines: digest by file. */
export function fileDigests(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^([0-9a-f]{64}) [ *](\/.*)$/.exec(line));
  return new Map(lines.flatMap((match) => (match?.[1] && match[2] ? [[match[2], `sha256:${match[1]}`] as const] : [])));
}

function kindOf(soname: string): 'fabric' | 'mpi' {
  return /^lib(mpi|pmi)/.test(soname) ? 'mpi' : 'fabric';
}

const source = 'LD_LIBRARY_PATH, ldconfig -p';

/** The names of the files of a kind: what a fingerprint may hold, without the folders they lie in. */
function summary(answer: NodeAnswer, kind: 'fabric' | 'mpi'): ProbeRow {
  const key = `@${kind}`;
  if (answer.kind === 'unknown' || answer.status !== 0) return { key, fact: factFrom(answer, () => undefined) };
  const files = foundLibraries(textOf(answer) ?? '')
    .filter(({ soname }) => kindOf(soname) === kind)
    .map(({ file }) => file.slice(file.lastIndexOf('/') + 1));
  return known(key, [...new Set(files)].sort().join(' ') || 'none', answer.source);
}

export const libraries: Probe = {
  name: 'libraries',
  asks: [
    { id: 'list', kind: 'command', argv: ['sh', '-c', script, 'sh'], limitSeconds: 10, shown: source },
    {
      id: 'digests',
      kind: 'command',
      argv: ['sh', '-c', script, 'sh', 'digests'],
      limitSeconds: 20,
      shown: 'sha256sum',
      slow: true,
    },
  ],
  fingerprints: { fabric: ['@fabric'], mpi: ['@mpi'] },
  forms: {
    '@fabric': { name: 'library_names', asks: ['list'], words: ['fabric'] },
    '@mpi': { name: 'library_names', asks: ['list'], words: ['mpi'] },
  },
  ownKeys: [],
  read: (answers) => {
    const list = answers('list');
    return [
      summary(list, 'fabric'),
      summary(list, 'mpi'),
      ...foundLibraries(textOf(list) ?? '').map(({ soname, path, file }) => known(soname, file, path)),
    ];
  },
  readSlow: (answers) => {
    const digests = answers('digests');
    const files = fileDigests(textOf(digests) ?? '');
    return foundLibraries(textOf(answers('list')) ?? '').map(({ soname, file }) => {
      const key = `${soname}:digest`;
      const digest = files.get(file);
      if (digest) return known(key, digest, `sha256sum ${file}`);
      if (digests.kind === 'unknown') return unknown(key, digests.unknown, digests.why, `sha256sum ${file}`);
      return unknown(key, 'error', `${file} could not be digested`, `sha256sum ${file}`);
    });
  },
};
