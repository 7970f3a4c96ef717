/** MPI that is not installed where programs are looked for: Cray's by its folders and variables, and what modules offer. */
import { assignments, factFrom, known, smallFiles, textOf, unknown } from '../../answers.ts';
import type { NodeAnswer, NodeAsk, ProbeRow } from '../../probe.ts';

const folders = ['/opt/cray/pe/mpich', '/opt/cray/pals', '/opt/intel/oneapi/mpi'];

/** Variables by which modules say which MPI is loaded. Each is a path or a version. */
const variables = [
  ...['CRAY_MPICH_VERSION', 'CRAY_MPICH_DIR', 'CRAY_PMI_VERSION', 'I_MPI_ROOT', 'I_MPI_PMI_LIBRARY', 'MPI_HOME'],
  ...['MPI_ROOT', 'MPICH_DIR', 'OPAL_PREFIX', 'EBROOTOPENMPI', 'EBROOTMPICH', 'EBROOTIMPI', 'HPCX_MPI_DIR'],
  'SLURM_MPI_TYPE',
];

// Both module systems answer on standard error, one name a line in their terse form.
const script = `
if [ -n "\${LMOD_CMD-}" ]; then "$LMOD_CMD" sh -t avail 2>&1 >/dev/null
elif [ -n "\${MODULES_CMD-}" ]; then "$MODULES_CMD" sh avail -t 2>&1 >/dev/null
else exit 3
fi
`;

export const offeredAsks: readonly NodeAsk[] = [
  { id: 'folders', kind: 'small', patterns: ['/opt', ...folders.map((folder) => `${folder}/[0-9]*`)] },
  { id: 'variables', kind: 'variables', names: variables },
  { id: 'modules', kind: 'command', argv: ['sh', '-c', script], limitSeconds: 20, shown: 'module avail', slow: true },
];

/** Modules in the terse answer of `module avail` whose own name is that of an MPI; marks such as (default) taken off. */
export function mpiModules(text: string): readonly string[] {
  const names = text.split('\n').map((line) => (line.split(/[(<]/, 1)[0] ?? '').trim());
  const wanted =
    /^(?:[\w.-]+\/)*(?:open-?mpi|mpich|mvapich2?|cray-mpich|cray-mpich-abi|intel-?mpi|impi|hpc-?x|hpcx-ompi|mpi)(?:[-/][\w.+/-]*)?$/i;
  return [...new Set(names.filter((name) => wanted.test(name) && !name.endsWith('/')))].sort();
}

/** Cray's MPICH and PALS and Intel's MPI by their folders, and what variables name. */
export function offeredRows(answers: (id: string) => NodeAnswer): readonly ProbeRow[] {
  const small = smallFiles(answers('folders'));
  const rows = folders.map((folder): ProbeRow => {
    const key = folder.slice('/opt/'.length).replace('/pe/', '-').replaceAll('/', '-');
    const versions = small.directories.filter((path) => path.startsWith(`${folder}/`));
    const names = versions.map((path) => path.slice(folder.length + 1)).sort();
    if (names.length > 0) return known(key, names.join(' '), folder);
    if (small.missing) return unknown(key, small.missing.unknown, small.missing.why, folder);
    if (small.denied.some((path) => folder.startsWith(path)))
      return unknown(key, 'denied', `${folder} may not be read`, folder);
    if (!small.directories.includes('/opt')) return unknown(key, 'absent', '/opt cannot be seen', folder);
    return known(key, 'none', folder);
  });
  const given = answers('variables');
  if (given.kind === 'unknown') return [...rows, { key: 'variables', fact: factFrom(given, () => undefined) }];
  const set = [...assignments(textOf(given) ?? '')].filter(([name, value]) => variables.includes(name) && value !== '');
  return [
    ...rows,
    known('variables', set.map(([name, value]) => `${name}=${value}`).join('; ') || 'none', given.source),
  ];
}

/** The modules of this node that offer an MPI; unknown where no module system is set up in the environment. */
export function moduleRow(answer: NodeAnswer): ProbeRow {
  const key = 'modules';
  if (answer.kind === 'content' && answer.status === 3)
    return unknown(key, 'absent', 'neither LMOD_CMD nor MODULES_CMD is set', answer.source);
  if (answer.kind === 'unknown' || answer.status !== 0) return { key, fact: factFrom(answer, () => undefined) };
  return known(key, mpiModules(textOf(answer) ?? '').join(' ') || 'none', answer.source);
}
