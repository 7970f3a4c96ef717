/**
 * How an MPI library and Slurm's `--mpi` plugins get along: which ranks start, which abort, and which each believe to be
 * alone. The last is the trap, for the step then succeeds. Pure; the tables are data with their sources.
 */
import type { ImageMpi } from '../image/image.ts';

/** What `srun --mpi=` makes of a program: `singletons` = every rank starts alone, each with a world of size 1, status 0. */
type PmiOutcome = 'starts' | 'aborts' | 'singletons' | 'unknown';

/** A plugin by what it serves: `pmix_v4` is `pmix`. `other` are those not known here. */
export type PmiKind = 'pmix' | 'pmi2' | 'none' | 'cray_shasta' | 'other';

/** What a row of the matrix asks of a library; `pmi-library`: I_MPI_PMI_LIBRARY is set. */
type PmiMark = NonNullable<ImageMpi['marks']>[number] | 'pmi-library';

/** One row of the matrix. It is for libraries that have the mark, or with `without` for those that have it not. */
export interface PmiRow {
  readonly family: ImageMpi['family'];
  readonly mark?: PmiMark;
  readonly without?: PmiMark;
  readonly pmi: 'pmix' | 'pmi2' | 'none';
  readonly outcome: 'starts' | 'aborts' | 'singletons';
  /** What the program or Slurm says, where it says something. */
  readonly says?: string;
  readonly source: string;
}

const measured = (stack: string): string =>
  `measured: ${stack}, srun of Slurm 22.05.8 with PMIx 4.2.2, 2 nodes, 4 ranks`;
const openmpi4 = measured('Open MPI 4.1.4 of Debian, 4.1.7 and 4.1.8 of PyPI');
const openmpi5 = measured('Open MPI 5.0.8 and 5.0.11 of PyPI');
const noPmi = "OMPI was not built with SLURM's PMI support";
const intel = measured('Intel MPI 2021.18.1');

/**
 * The rows seen or documented. For a library that speaks what the plugin serves, `forecastPmi` needs no row; these tell
 * what happens to the others. They go by structure, not by version: MPICH takes itself for a singleton under PMIx until
 * 4.2, and from 4.3 on sees PMIx's variables and gives up.
 */
export const pmiMatrix: readonly PmiRow[] = [
  { family: 'openmpi', mark: 'orte', pmi: 'pmix', outcome: 'starts', source: openmpi4 },
  { family: 'openmpi', mark: 'orte', pmi: 'pmi2', outcome: 'aborts', says: noPmi, source: openmpi4 },
  { family: 'openmpi', mark: 'orte', pmi: 'none', outcome: 'aborts', says: noPmi, source: openmpi4 },
  { family: 'openmpi', without: 'orte', pmi: 'pmix', outcome: 'starts', source: openmpi5 },
  {
    family: 'openmpi',
    without: 'orte',
    pmi: 'pmi2',
    outcome: 'singletons',
    source: `${openmpi5}; github.com/open-mpi/ompi/issues/13523`,
  },
  { family: 'openmpi', without: 'orte', pmi: 'none', outcome: 'singletons', source: openmpi5 },
  {
    family: 'mpich',
    without: 'sees-pmix',
    pmi: 'pmix',
    outcome: 'singletons',
    source: measured('MPICH 4.0.2 of Debian, 3.4.3, 4.1.3 and 4.2.3 of PyPI'),
  },
  {
    family: 'mpich',
    mark: 'sees-pmix',
    pmi: 'pmix',
    outcome: 'aborts',
    says: 'unsupported PMI version PMIx',
    source: measured('MPICH 5.0.2 of PyPI, with its own and with the MPI-5 ABI; 4.3.2 says "launcher not compatible"'),
  },
  { family: 'mpich', pmi: 'pmi2', outcome: 'starts', source: measured('MPICH 3.4.3, 4.0 to 4.3 and 5.0.2') },
  { family: 'mpich', pmi: 'none', outcome: 'singletons', source: measured('MPICH 3.4.3, 4.0 to 4.3 and 5.0.2') },
  {
    family: 'intel',
    mark: 'pmi-library',
    pmi: 'pmix',
    outcome: 'aborts',
    source: `${intel}, with I_MPI_PMI_LIBRARY naming libpmi2.so.0`,
  },
  {
    family: 'intel',
    without: 'pmi-library',
    pmi: 'pmix',
    outcome: 'singletons',
    says: 'Could not open libpmix.so',
    source: `${measured('Intel MPI 2021.19.0')}, no libpmix.so in the image; where it finds one, 2021.18.1 starts`,
  },
  { family: 'intel', pmi: 'pmi2', outcome: 'starts', source: `${intel}, with and without I_MPI_PMI_LIBRARY` },
  {
    family: 'intel',
    mark: 'pmi-library',
    pmi: 'none',
    outcome: 'aborts',
    source: `${intel}, with I_MPI_PMI_LIBRARY naming libpmi2.so.0`,
  },
  {
    family: 'intel',
    without: 'pmi-library',
    pmi: 'none',
    outcome: 'singletons',
    says: 'PMI server not found. Please set I_MPI_PMI_LIBRARY',
    source: `${intel}, without I_MPI_PMI_LIBRARY`,
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

/** What the forecast goes by. `pmiLibrary`: I_MPI_PMI_LIBRARY is set, to Slurm's library of PMI-2. */
export type PmiSpeaker = Pick<ImageMpi, 'family' | 'version' | 'pmi' | 'marks'> & {
  readonly pmiLibrary?: boolean;
  /** A single rank is asked about. */
  readonly alone?: boolean;
  /** The libfabric that it loads may be found where the program is started, and may not. */
  readonly fabricDoubt?: string;
};

/** What a library makes of a plugin. */
export function forecastPmi(mpi: PmiSpeaker, plugin: string): PmiForecast {
  const kind = pmiKind(plugin);
  const name = nameOf(mpi);
  // With the library named, Intel MPI takes that one and no other.
  const speaks = mpi.pmiLibrary ? (['pmi2'] as const) : mpi.pmi;
  const spoken = spokenUnder(kind).find((pmi) => (speaks as ImageMpi['pmi']).includes(pmi));
  const row = rowOf(mpi, kind);
  const fabric = mpi.marks?.includes('no-fabric') ? withoutFabric(mpi, name, spoken) : undefined;
  if (fabric) return fabric;
  if (mpi.marks?.includes('mute'))
    return { outcome: 'aborts', why: `${name} speaks by plugins, and has none that its loader could load (measured)` };
  if (spoken) {
    const told = row?.outcome === 'starts' ? ` (${row.source})` : '';
    return { outcome: 'starts', why: `${name} speaks ${spoken}, which --mpi=${plugin} serves${told}` };
  }
  if (row && row.outcome !== 'starts') {
    const says = row.says ? `, saying "${row.says}"` : '';
    return { outcome: row.outcome, why: `${name} cannot use --mpi=${plugin}${says} (${row.source})` };
  }
  const told = mpi.pmi.length > 0 ? `it speaks ${mpi.pmi.join(', ')}` : 'what it speaks is not known';
  return { outcome: 'unknown', why: `what ${name} does under --mpi=${plugin} has not been seen; ${told}` };
}

/**
 * Intel MPI that finds no libfabric. Seen: 2021.6.0 and 2021.14.0 always abort ("failed to load libfabric.so.1"); 2021.19.0
 * does where ranks have company, and a rank that is or believes itself alone does not need it. Undefined: as if it had one.
 */
function withoutFabric(mpi: PmiSpeaker, name: string, spoken: string | undefined): PmiForecast | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(mpi.version ?? '') ?? [];
  const number = major === undefined ? undefined : Number(major) + Number(minor) / 1000;
  const always = number !== undefined && number <= 2021.014;
  const never = number !== undefined && number >= 2021.019;
  const together = spoken !== undefined && mpi.alone !== true;
  if (!always && !together && never) return undefined;
  const lacks = `${name} loads libfabric.so.1 while it runs, and its loader does not find one in the image`;
  if (mpi.fabricDoubt !== undefined) return { outcome: 'unknown', why: `${lacks}: ${mpi.fabricDoubt}` };
  if (always || together) return { outcome: 'aborts', why: lacks };
  return { outcome: 'unknown', why: `${lacks}; whether a rank alone needs it is not known of this version` };
}

/**
 * The best plugin of those offered that starts this library, or undefined. PMIx first for Open MPI, PMI-2 first for MPICH
 * and its relatives: the one each is mostly run with. A plain `pmix` goes before `pmix_v4`.
 */
export function choosePmi(mpi: PmiSpeaker, offered: readonly string[]): string | undefined {
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

function rowOf(mpi: PmiSpeaker, kind: PmiKind): PmiRow | undefined {
  const marks = marksOf(mpi);
  return pmiMatrix.find(
    (row) =>
      row.family === mpi.family &&
      row.pmi === kind &&
      (row.mark === undefined || marks?.includes(row.mark) === true) &&
      (row.without === undefined || marks?.includes(row.without) === false),
  );
}

/** Marks that were looked at; where nobody did, those of the version; without one, nothing is certain. */
function marksOf(mpi: PmiSpeaker): readonly PmiMark[] | undefined {
  const set: readonly PmiMark[] = mpi.pmiLibrary ? ['pmi-library'] : [];
  if (mpi.marks) return [...mpi.marks, ...set];
  if (mpi.family === 'intel') return set;
  const [, major, minor] = /^(\d+)(?:\.(\d+))?/.exec(mpi.version ?? '') ?? [];
  if (major === undefined) return undefined;
  const number = Number(major) + Number(minor ?? 0) / 1000;
  if (mpi.family === 'openmpi') return number < 5 ? ['orte'] : [];
  return number >= 4.003 ? ['sees-pmix'] : [];
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
