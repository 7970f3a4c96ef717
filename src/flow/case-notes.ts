/** What is to be said of how a case really ran, beside its verdict: what was seen, what was foretold, how ranks differ. Pure. */
import { listOf } from '../base/number-list.ts';
import { showDuration } from '../base/quantity.ts';
import type { Image } from '../image/image.ts';
import { rankDifferences } from '../inspect/ranks/differences.ts';
import { libraryRole } from '../inspect/ranks/library-role.ts';
import { onlyWayBetweenNodes, transportsLoaded } from '../inspect/ranks/transport.ts';
import { otherThanForetold } from '../preflight/what-loaded.ts';
import type { NoteRow } from '../store/run-record.ts';
import type { DerivedCase } from './derive-run.ts';

/** The notes of a case that ran; none of one that was skipped or never began. */
export function caseNotes(item: DerivedCase, image: Image): readonly NoteRow[] {
  if (!item.step) return [];
  const note = (about: NoteRow['about']) => (text: string) => ({ case: item.case.name, about, text });
  const launch = item.allocation?.plan.steps.find((step) => step.launch.case === item.case.name)?.launch;
  return [
    ...seenNotes(item).map(note('seen')),
    ...(launch ? otherThanForetold({ image, mpi: launch.mpi }, item.ranks) : []).map(note('preflight')),
    ...rankDifferences(item.ranks).map(({ text }) => note('difference')(text)),
    ...(item.case.geometry.ranks > 1
      ? [note('transport-loaded')(loadedText(item)), note('transport-in-use')(inUseText(item))]
      : []),
  ];
}

/** Of which ranks nothing is known, and why. */
function seenNotes({ case: one, ranks, step, allocation }: DerivedCase): readonly string[] {
  const wanted = one.geometry.ranks;
  const numbers = new Set(ranks.map(({ rank }) => rank));
  const missing = Array.from({ length: wanted }, (_, rank) => rank).filter((rank) => !numbers.has(rank));
  if (missing.length === 0) return [];
  const what = 'its program, libraries, processors and limits';
  const watched = allocation?.companion.some(({ path }) => path.endsWith('.ranks')) ?? false;
  const seconds = step === undefined ? 0 : step.ended - step.began;
  const took = seconds > 0 ? showDuration(seconds) : 'less than a second';
  const why = watched
    ? `the step took ${took}, and processes are looked at three times a second`
    : 'no node brought back what it had seen of processes';
  if (numbers.size === 0) return [`unknown: no rank was seen, so ${what} are not known: ${why}`];
  return [`unknown: ${numbers.size} of ${wanted} ranks were seen; of ${listOf(missing)} nothing is known: ${why}`];
}

function loadedText({ ranks }: DerivedCase): string {
  if (ranks.length === 0) return 'unknown: no rank was seen';
  const { held, released, opened } = transportsLoaded(ranks);
  const parts = [
    ...held,
    ...(opened.length > 0 ? [`mapped: ${opened.join(', ')}`] : []),
    ...(released.length > 0 ? [`loaded and let go: ${released.join(', ')}`] : []),
  ];
  if (parts.length > 0) return parts.join('; ');
  const mpi = ranks.some(({ libraries }) => libraries.some(({ path }) => libraryRole(path) === 'mpi'));
  if (!mpi) return 'none: no rank had loaded an MPI';
  return 'unknown: no plug-in and no device was seen; a transport that is compiled into the MPI leaves no trace';
}

/** The transport that messages took: as the case itself measured it by an observation of that name, as its library said, or as alone was left. */
function inUseText({ evidence, ranks, saidTransport }: DerivedCase): string {
  const measured = evidence.observed.observations.filter(
    ({ name, value }) => typeof value === 'string' && /^transport(?:_|$)/.test(name),
  );
  const told = measured.map(({ name, value }) => (name === 'transport' ? `${value}` : `${name}: ${value}`));
  if (told.length > 0) return `${told.join('; ')}; the case measured it`;
  if (saidTransport.length > 0) return `${saidTransport.join('; ')}; as the library said`;
  const left = onlyWayBetweenNodes(ranks);
  if (left !== undefined) return `${left} between nodes: no other way was left loaded; the case does not measure it`;
  return 'unknown: the case does not measure it, its library was not made to say it, and what was loaded need not be used';
}
