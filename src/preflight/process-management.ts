/** Will the ranks find each other: what the image's MPI speaks against what the launcher of the nodes offers. */
import { posix } from 'node:path';
import type { ImageMpi, Untold } from '../image/image.ts';
import { factValue } from '../inspect/facts.ts';
import { choosePmi, forecastPmi, pmiKind } from '../launch/pmi.ts';
import { whyUnknown } from './compatibility.ts';
import type { Forecast, PreflightFinding, PreflightInput, Start } from './finding.ts';
import { speaksNoMpi } from './program.ts';

/** The finding, the `--mpi` value it settles, and what the ranks are expected to do then. */
export interface PmiChoice {
  readonly finding: PreflightFinding;
  readonly mpi: string;
  readonly start: Start;
}

/** A choice without its forecast. */
type Settled = Omit<PmiChoice, 'start'>;

/** Checks process management, and chooses where the user did not. */
export function checkPmi(input: PreflightInput): PmiChoice {
  const set = input.environment?.I_MPI_PMI_LIBRARY ?? input.image.environment.I_MPI_PMI_LIBRARY;
  const { mpi } = input.image;
  const fixed = 'family' in mpi && mpi.family === 'intel' && set ? { ...mpi, pmiLibrary: true } : mpi;
  const speaker = { ...withFabric(fixed, input), ...(input.wish.ranks === 1 && { alone: true }) };
  const asked = { ...input, image: { ...input.image, mpi: speaker } };
  const settled = withoutNeed(asked, settle(asked));
  return { ...settled, start: startOf(asked, settled) };
}

/** Ranks of a suite's program that speaks no MPI need not find each other; yet srun must know the plugin. */
function withoutNeed(input: PreflightInput, settled: Settled): Settled {
  const { outcome, message } = settled.finding;
  if (!speaksNoMpi(input) || (outcome === 'will-fail' && message.startsWith('srun does not offer'))) return settled;
  const said = "the suite's program speaks no MPI: its ranks need not find each other";
  return { mpi: settled.mpi, finding: finding('ok', said, settled.finding.evidence, '') };
}

const shells: readonly string[] = ['sh', 'bash', 'dash', 'env'];

/**
 * An MPI that gets its libfabric from the host, or from a folder of the image that the site's LD_LIBRARY_PATH names; with a
 * doubt where whoever starts the program may know where it lies.
 */
function withFabric(mpi: PreflightInput['image']['mpi'], input: PreflightInput): PreflightInput['image']['mpi'] {
  if ('unknown' in mpi || !mpi.marks?.includes('no-fabric')) return mpi;
  const { image, environment, injected, wish } = input;
  const has = { ...mpi, marks: mpi.marks.filter((mark) => mark !== 'no-fabric') };
  if (injected?.some(({ soname, placed }) => soname === 'libfabric.so.1' && !placed)) return has;
  const astray = image.libraries.filter(({ soname }) => soname === 'libfabric.so.1').map(({ path }) => path);
  const folders = (environment?.LD_LIBRARY_PATH ?? '').split(':');
  if (astray.some((path) => folders.includes(posix.dirname(path)))) return has;
  const set = ['I_MPI_ROOT', 'FI_PROVIDER_PATH'].find(
    (name) => (environment?.[name] ?? image.environment[name]) !== undefined,
  );
  const script = wish.commands?.find((word) => shells.includes(posix.basename(word)) || word.endsWith('.sh'));
  const reason =
    wish.ownLibraryPath === true
      ? 'LD_LIBRARY_PATH is set by the site or a case'
      : set !== undefined
        ? `${set} is set`
        : script === undefined
          ? undefined
          : `the command ${script} may set LD_LIBRARY_PATH`;
  if (reason === undefined || (astray[0] === undefined && wish.ownLibraryPath !== true)) return mpi;
  const doubt = {
    ...mpi,
    fabricDoubt: `${reason}${astray[0] === undefined ? '' : `, and the image has ${astray[0]}`}`,
  };
  return doubt;
}

/** What is certain by the finding, and else by the matrix. A single rank is a whole communicator alone. */
function startOf({ image, wish }: PreflightInput, { finding: found, mpi }: Settled): Start {
  if (found.outcome === 'cannot-tell') return 'unknown';
  if (found.outcome === 'ok') return 'starts';
  if ('unknown' in image.mpi) return 'unknown';
  const { outcome } = forecastPmi(image.mpi, mpi);
  return outcome === 'singletons' && wish.ranks > 1 && !found.message.startsWith('srun does not offer')
    ? 'singletons'
    : 'aborts';
}

function settle(input: PreflightInput): Settled {
  const { image, wish } = input;
  if (wish.launcher !== 'srun') return withoutSlurm(input);
  const plugins = offeredPlugins(input);
  if ('unknown' in image.mpi) return withoutMpi(input, image.mpi);
  if (wish.mpi !== undefined) return explicit(input, image.mpi, wish.mpi, plugins.all);
  return plugins.all ? chosen(input, image.mpi, plugins.all) : assumed(input, image.mpi, plugins.why);
}

/** Plugins that every node known offers (fact `mpi.plugins`); without any such fact, why. */
function offeredPlugins({ facts }: PreflightInput): {
  readonly all?: readonly string[];
  readonly why: readonly string[];
} {
  const lists = facts.flatMap((node) => factValue(node, 'mpi', 'plugins') ?? []).map((text) => text.split(/[\s,]+/));
  const why = whyUnknown(facts, 'mpi', 'plugins');
  const [first] = lists;
  return first
    ? { all: first.filter((name) => name !== '' && lists.every((list) => list.includes(name))), why }
    : { why };
}

function finding(outcome: Forecast, message: string, evidence: readonly string[], hint: string): PreflightFinding {
  return { check: 'pmi', outcome, message, evidence, hint };
}

function withoutSlurm({ image, wish }: PreflightInput): Settled {
  const evidence = [`launcher: ${wish.launcher}`];
  if (wish.launcher === 'mpirun' && 'unknown' in image.mpi)
    return {
      mpi: 'none',
      finding: finding(
        'cannot-tell',
        `mpirun comes with an MPI, and it is doubtful that the image has one: ${image.mpi.unknown}`,
        [...evidence, image.mpi.unknown],
        'put an MPI into the image, or name the launcher plain for programs without MPI',
      ),
    };
  if (wish.launcher === 'mpirun')
    return {
      mpi: 'none',
      finding: finding('ok', 'mpirun brings its own process management; --mpi does not matter', evidence, ''),
    };
  if (wish.ranks === 1) return { mpi: 'none', finding: finding('ok', 'a single rank needs no other', evidence, '') };
  return {
    mpi: 'none',
    finding: finding(
      'cannot-tell',
      `whether the launcher ${wish.launcher} can start ${wish.ranks} ranks that know each other is not known here`,
      evidence,
      'start several ranks by srun or mpirun',
    ),
  };
}

function withoutMpi({ wish }: PreflightInput, { unknown: why, spoiled }: Untold): Settled {
  const mpi = wish.mpi ?? 'none';
  // Which program is meant is not known without a suite: it may be the one that finds no use in that MPI.
  const doubtful = spoiled && wish.program === 'image' && wish.started === undefined;
  if (wish.ranks === 1 && !doubtful) return { mpi, finding: finding('ok', 'a single rank needs no MPI', [why], '') };
  return {
    mpi,
    finding: finding(
      'cannot-tell',
      wish.ranks === 1
        ? `whether the program starts cannot be told: ${why}`
        : `whether ${wish.ranks} ranks will know each other cannot be told: ${why}`,
      [why],
      spoiled
        ? 'put that library into the image whole, or bind in that of the host'
        : 'the wire-up gate of the run will tell; an image that expects the host MPI needs it bound in',
    ),
  };
}

function explicit(
  { wish }: PreflightInput,
  mpi: ImageMpi,
  plugin: string,
  offered: readonly string[] | undefined,
): Settled {
  const forecast = forecastPmi(mpi, plugin);
  const better = offered && choosePmi(mpi, offered);
  const hint = better ? `use --mpi=${better}, or leave the choice to Assay` : otherwise(mpi);
  const evidence = [...mpi.evidence, forecast.why, ...(offered ? [`srun offers ${offered.join(', ')}`] : [])];
  if (offered && !offered.includes(plugin))
    return {
      mpi: plugin,
      finding: finding('will-fail', `srun does not offer --mpi=${plugin}: the step will not start`, evidence, hint),
    };
  return { mpi: plugin, finding: judged(wish.ranks, plugin, forecast.outcome, forecast.why, evidence, hint) };
}

function judged(
  ranks: number,
  plugin: string,
  outcome: ReturnType<typeof forecastPmi>['outcome'],
  why: string,
  evidence: readonly string[],
  hint: string,
): PreflightFinding {
  if (outcome === 'starts') return finding('ok', `--mpi=${plugin}: ${why}`, evidence, '');
  if (outcome === 'unknown') return finding('cannot-tell', why, evidence, hint);
  if (outcome === 'aborts') return finding('will-fail', `it will abort: ${why}`, evidence, hint);
  if (ranks === 1) return finding('ok', `--mpi=${plugin}: a single rank starts alone, as it should`, evidence, '');
  const message = `it will start ${ranks} singletons, each with a world of one rank and status 0: ${why}`;
  return finding('will-fail', message, evidence, hint);
}

function chosen({ wish }: PreflightInput, mpi: ImageMpi, offered: readonly string[]): Settled {
  const evidence = [...mpi.evidence, `srun offers ${offered.join(', ')}`];
  const best = choosePmi(mpi, offered);
  if (best !== undefined)
    return { mpi: best, finding: finding('ok', `--mpi=${best}: ${forecastPmi(mpi, best).why}`, evidence, '') };
  if (wish.ranks === 1 && offered.includes('none')) {
    const { outcome, why } = forecastPmi(mpi, 'none');
    return { mpi: 'none', finding: judged(1, 'none', outcome, why, evidence, otherwise(mpi)) };
  }
  // A plugin that might work is worth a try; one that surely does not is no choice.
  const open = offered.find((plugin) => pmiKind(plugin) !== 'none' && forecastPmi(mpi, plugin).outcome === 'unknown');
  if (open !== undefined)
    return { mpi: open, finding: finding('cannot-tell', forecastPmi(mpi, open).why, evidence, otherwise(mpi)) };
  const reasons = offered.map((plugin) => forecastPmi(mpi, plugin).why);
  const message = `no plugin that srun offers can start ${mpi.abi} of the image with ${wish.ranks} ranks`;
  return { mpi: 'none', finding: finding('will-fail', message, [...evidence, ...reasons], otherwise(mpi)) };
}

/** Nothing is known of the nodes yet: the value that such an MPI is mostly run with, to be checked again. */
function assumed({ wish }: PreflightInput, mpi: ImageMpi, why: readonly string[]): Settled {
  const usual = choosePmi(mpi, ['pmix', 'pmi2']) ?? 'none';
  const message = `srun's plugins are not known; --mpi=${usual} suits ${mpi.abi} of the image for ${wish.ranks} ranks`;
  return {
    mpi: usual,
    finding: finding('cannot-tell', message, [...mpi.evidence, ...why], 'take facts of a node first'),
  };
}

function otherwise(mpi: ImageMpi): string {
  const speaks = mpi.pmi.join(' or ');
  return speaks === ''
    ? 'build the MPI of the image with PMIx or PMI-2'
    : `ask the site for a Slurm plugin that serves ${speaks}, or build the MPI of the image for one it has`;
}
