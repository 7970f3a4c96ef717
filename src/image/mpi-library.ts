/** One MPI library taken apart: whose it is, which version, and by which interfaces it can be started. */
import { posix } from 'node:path';
import { type ElfSymbols, readElfSymbol, readElfSymbols } from '../base/elf-symbols.ts';
import type { Binaries, Binary } from './binaries.ts';
import type { ImageMpi, ImagePackage } from './image.ts';
import type { LoadPlan } from './loader.ts';
import { versionOfPackage } from './packages.ts';
import { scanFile } from './scan.ts';
import type { ImageTree } from './tree.ts';

type Family = ImageMpi['family'];
type Pmi = ImageMpi['pmi'][number];

/** What was found in one MPI library. */
export interface MpiLibrary {
  readonly family: Family;
  readonly version?: string;
  readonly pmi: readonly Pmi[];
  readonly marks: NonNullable<ImageMpi['marks']>;
  readonly evidence: readonly string[];
}

/** The dynamic symbols of a binary; none when they cannot be read. */
export async function symbolsOf(tree: ImageTree, binary: Binary): Promise<ElfSymbols> {
  const symbols = await readElfSymbols((at, length) => tree.read(binary.path, at, length), binary.elf);
  return 'unreadable' in symbols ? { defined: new Map(), imported: new Set() } : symbols;
}

/**
 * True when the library is an MPI, not a wrapper around one: tools that listen in (MPI-5 standard, "Profiling Interface")
 * define MPI_Init as well, but take PMPI_Init from the real one.
 */
export function isMpi(symbols: ElfSymbols): boolean {
  const has = (name: string): boolean => symbols.defined.has(name);
  return has('MPI_Init') && has('MPI_Comm_size') && !symbols.imported.has('PMPI_Init');
}

/**
 * Whose library it is, first match first: Open MPI has some MPIR_ names too (debugger interface, ROMIO), and Intel MPI,
 * MVAPICH2 and Cray MPICH are MPICH inside.
 */
const marks: readonly (readonly [Family, RegExp])[] = [
  ['openmpi', /^ompi_(?:mpi_comm_|mpi_op_|version_string)/],
  ['intel', /^(?:I_MPI_|impi_)/],
  ['cray', /^(?:MPIDI_CRAY|MPICH_CRAY|MPIR_CRAY|MPIDI_Cray)/],
  ['mvapich2', /^(?:MV2_|mv2_|MVP_)/],
  ['mpich', /^(?:MPII_Version_|MPIR_Version_|MPIR_Err_create_code$|MPID_|MPIDI_)/],
];

/** Texts in the library's data; most are what `MPI_Get_library_version` prints. */
const texts = {
  openmpi: /Open MPI v(\d+\.\d+\.\d+[a-z0-9]*)/,
  cray: /CRAY MPICH version\s+(\d[0-9.]*)/i,
  mvapich2: /MVAPICH2?(?:-[A-Z0-9]+)? Version\s*:?\s*(\d[0-9.a-z]*)/,
  // MPICH keeps its release date and its version side by side (src/mpi/init/mpir_init.c), even when symbols are hidden.
  mpich: /\d{2}:\d{2}:\d{2} [A-Z]{3,4} 20\d{2}\0{1,8}(\d+\.\d+(?:\.\d+)?[a-z0-9]*)\0/,
  intelName: /Intel\(R\) MPI Library/,
  intelVersion: /\0((?:20\d\d)\.\d{1,2}(?:\.\d{1,2})?)\0/,
  pmiWire: /PMI_FD/,
  pmi2: /PMI2_Init|cmd=fullinit|fullinit-response/,
  pmixByName: /PMIx_Init\0/,
  fabricByName: /\0(libfabric\.so\.1)\0/,
  // Names of the components of Open MPI's framework pmix, when they are compiled in.
  pmixInside: /\0(?:pmix|ext)[1-4]x\0/,
  pmixVariable: /PMIX_(?:RANK|NAMESPACE)\0/,
} as const;

/** What the loader gives a library that opens others while it runs (dlopen(3)). */
export interface Opening {
  /** Whether it finds a library of that name. */
  readonly finds: (name: string) => boolean;
  /** What the loader then misses of the libraries that a file opened by path needs. */
  readonly misses: (path: string) => readonly string[];
}

/**
 * Describes a library. `plan` is what loading it brings along, `opening` what it finds of what it opens while it runs;
 * `packages` may know the version when the library does not.
 */
export async function describeMpi(
  tree: ImageTree,
  binaries: Binaries,
  binary: Binary,
  plan: LoadPlan,
  opening: Opening,
  packages: readonly ImagePackage[],
): Promise<MpiLibrary> {
  const symbols = await symbolsOf(tree, binary);
  const found = await scanFile(tree, binary.path, texts);
  const { family, mark } = familyOf(symbols, found);
  const version = await versionOf(tree, binary, family, symbols, found, packages);
  const major = Number.parseInt(version?.text ?? '', 10);
  const orte = [...plan.loaded.keys()].find((name) => /^libopen-rte\.so/.test(name));
  const older = family === 'openmpi' && (orte !== undefined || major < 5);
  const fabricless = family === 'intel' && found.fabricByName !== undefined && !opening.finds(found.fabricByName);
  // A file of that name that no loader looks for is none, unless LD_LIBRARY_PATH is set by whoever starts the program.
  const astray = fabricless ? binaries.all.find(({ elf }) => elf.soname === found.fabricByName)?.path : undefined;
  const { spoken, mute } =
    family === 'openmpi'
      ? await openMpiPmi(tree, binaries, binary, plan, older, opening)
      : { spoken: mpichPmi(family, symbols, found, opening.finds), mute: false };
  return {
    family,
    ...(version && { version: version.text }),
    pmi: spoken.flatMap(([pmi]) => pmi ?? []).filter((pmi, index, all) => all.indexOf(pmi) === index),
    marks: [
      ...(fabricless ? ['no-fabric' as const] : []),
      ...(mute ? ['mute' as const] : []),
      ...(older ? ['orte' as const] : []),
      ...(found.pmixVariable ? ['sees-pmix' as const] : []),
    ],
    evidence: [
      mark,
      ...(version ? [version.source] : []),
      ...(orte ? [`it loads ${orte}, the run-time of Open MPI before 5`] : []),
      ...(fabricless
        ? [
            astray === undefined
              ? `it loads ${found.fabricByName} while it runs, which the image does not hold`
              : `it loads ${found.fabricByName} while it runs, and its loader does not look where the image holds it, ${astray}`,
          ]
        : []),
      ...spoken.map(([, why]) => why),
    ],
  };
}

type Found = Partial<Readonly<Record<keyof typeof texts, string>>>;

function familyOf(symbols: ElfSymbols, found: Found): { readonly family: Family; readonly mark: string } {
  const names = [...symbols.defined.keys(), ...symbols.imported];
  if (found.cray) return { family: 'cray', mark: 'its data names CRAY MPICH' };
  for (const [family, pattern] of marks) {
    const name = names.find((symbol) => pattern.test(symbol));
    if (name) return { family, mark: `the symbol ${name} says ${family}` };
  }
  if (found.intelName) return { family: 'intel', mark: 'its data names the Intel MPI Library' };
  return { family: 'unknown', mark: 'no symbol of it tells whose MPI it is' };
}

const versionSymbols: readonly string[] = ['ompi_version_string', 'MPII_Version_string', 'MPIR_Version_string'];

async function versionOf(
  tree: ImageTree,
  binary: Binary,
  family: Family,
  symbols: ElfSymbols,
  found: Found,
  packages: readonly ImagePackage[],
): Promise<{ readonly text: string; readonly source: string } | undefined> {
  const told: Partial<Record<Family, string | undefined>> = {
    openmpi: found.openmpi,
    intel: found.intelVersion,
    cray: found.cray,
    mvapich2: found.mvapich2,
  };
  const text = told[family];
  // Cray MPICH and MVAPICH2 keep MPICH's version beside their own: their own text comes first.
  if (text !== undefined) return { text, source: `a text in it says version ${text}` };
  for (const name of versionSymbols) {
    const symbol = symbols.defined.get(name);
    const bytes = symbol && (await readElfSymbol((at, n) => tree.read(binary.path, at, n), binary.elf, symbol));
    const value = bytes && /^v?(\d+\.\d+[0-9a-z.]*)/.exec(Buffer.from(bytes).toString('latin1'))?.[1];
    if (value) return { text: value, source: `its ${name} says version ${value}` };
  }
  if (family === 'mpich' && found.mpich)
    return { text: found.mpich, source: `a text in it says version ${found.mpich}` };
  const packageNames: Partial<Record<Family, RegExp>> = {
    openmpi: /^(?:lib)?openmpi\d*$/,
    mpich: /^(?:lib)?mpich\d*$/,
    intel: /^(?:impi[-_]rt|intel-oneapi-mpi)$/,
    mvapich2: /^(?:lib)?mvapich2$/,
  };
  const pattern = packageNames[family];
  const packaged = pattern && versionOfPackage(packages, pattern);
  return packaged === undefined ? undefined : { text: packaged, source: `its package says version ${packaged}` };
}

/**
 * Open MPI 5 dropped ORTE and has PMIx and nothing else. Open MPI 4 speaks through plugins, found below the directory of the library or
 * compiled into libopen-pal: mca_pmix_{pmix*,ext*} for PMIx, mca_pmix_s2 and s1 for Slurm's PMI-2 and PMI-1. A plugin whose
 * own libraries are missing is not loaded. `mute`: surely none is left.
 */
async function openMpiPmi(
  tree: ImageTree,
  binaries: Binaries,
  binary: Binary,
  plan: LoadPlan,
  older: boolean,
  opening: Opening,
): Promise<{ readonly spoken: readonly (readonly [Pmi | undefined, string])[]; readonly mute: boolean }> {
  const alone = 'Open MPI without ORTE (5 and later) speaks PMIx alone';
  if (!older) {
    const lost = plan.missing.has('libpmix.so.2') ? ', but its libpmix.so.2 is not found' : '';
    return { spoken: [['pmix', `${alone}${lost}`]], mute: false };
  }
  const kinds: readonly (readonly [Pmi, RegExp])[] = [
    ['pmix', /^mca_pmix_(?:pmix|ext)[0-9x]*(?:\.so|_component)$/],
    ['pmi2', /^mca_pmix_s2(?:\.so|_component)$/],
    ['pmi1', /^mca_pmix_s1(?:\.so|_component)$/],
  ];
  const below = `${posix.dirname(binary.path)}/`;
  const plugins = binaries.all.map((other) => other.path).filter((path) => path.startsWith(below));
  const core = [...plan.loaded.values()].find((loaded) => /^libopen-pal\.so/.test(loaded.binary.elf.soname ?? ''));
  const inside = core ? [...(await symbolsOf(tree, core.binary)).defined.keys()] : [];
  const spoken = kinds.flatMap(([pmi, pattern]): readonly (readonly [Pmi | undefined, string])[] => {
    const symbol = inside.find((name) => pattern.test(name));
    if (symbol && core) return [[pmi, `${core.binary.path} holds ${symbol} and speaks ${pmi}`]];
    const found = plugins.filter((path) => pattern.test(posix.basename(path)));
    const whole = found.find((path) => opening.misses(path).length === 0);
    if (whole !== undefined) return [[pmi, `${whole} speaks ${pmi}`]];
    return found.map((path) => [
      undefined,
      `${path} would speak ${pmi}, but needs ${opening.misses(path).join(', ')}, which its loader does not find`,
    ]);
  });
  // Others of its plugins show that they lie here; and none of this kind is compiled in, by symbol or by name.
  const lieHere = plugins.some((path) => /^mca_(?!pmix_(?:pmix|ext|s[12]))\w+\.so$/.test(posix.basename(path)));
  const mute =
    core !== undefined &&
    lieHere &&
    spoken.every(([pmi]) => pmi === undefined) &&
    (await scanFile(tree, core.binary.path, { inside: texts.pmixInside })).inside === undefined;
  return { spoken, mute };
}

/**
 * MPICH and its relatives. The client of PMI-1 and PMI-2 is compiled in (it finds its server by the variable PMI_FD), or a
 * library of that name is linked. For PMIx, MPICH must be built against libpmix: error texts that name it prove nothing.
 * Intel MPI loads libpmix.so while it runs; without one in the image its ranks are singletons (seen with 2021.19.0).
 */
function mpichPmi(
  family: Family,
  symbols: ElfSymbols,
  found: Found,
  opens: (name: string) => boolean,
): readonly (readonly [Pmi | undefined, string])[] {
  const spoken: (readonly [Pmi | undefined, string])[] = [];
  if (symbols.imported.has('PMI2_Init')) spoken.push(['pmi2', 'it imports PMI2_Init']);
  else if (found.pmi2 && found.pmiWire) spoken.push(['pmi2', 'a client of PMI-2 is compiled in']);
  if (symbols.imported.has('PMI_Init')) spoken.push(['pmi1', 'it imports PMI_Init']);
  else if (found.pmiWire) spoken.push(['pmi1', 'a client of PMI-1 is compiled in']);
  if (symbols.imported.has('PMIx_Init')) spoken.push(['pmix', 'it imports PMIx_Init']);
  else if (family === 'intel' && found.pmixByName)
    spoken.push(
      opens('libpmix.so')
        ? ['pmix', 'it loads libpmix.so while it runs, which the image has']
        : [undefined, 'it would load libpmix.so while it runs, which its loader does not find in the image'],
    );
  return spoken;
}
