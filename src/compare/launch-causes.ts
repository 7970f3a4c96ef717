/** How programs were started: the variables of the launch, and the launch as a whole. */
import type { CaseRow, RunRecord } from '../store/run-record.ts';
import { type Cause, type Compared, changesBetween, type Sayings } from './cause.ts';
import { withoutRun } from './volatile.ts';
import { type CauseKind, weightOf } from './weights.ts';

/** Variables, case by case; the same change in several cases is one. */
export function environmentCauses(left: RunRecord, right: RunRecord): Compared {
  const { changes, equal } = changesBetween(environmentsOf(left), environmentsOf(right));
  const causes = changes.map(
    (change): Cause => ({ kind: 'environment', ...change, weight: weightOf('environment', change.name) }),
  );
  return { causes, hidden: [], unknown: notStored(left, right), equal: equal.length };
}

function environmentsOf(record: RunRecord): Sayings {
  return new Map(
    record.cases.flatMap(({ name, environment }) =>
      environment
        ? [
            [
              name,
              new Map(Object.entries(environment).map(([key, value]) => [key, withoutRun(record, value)])),
            ] as const,
          ]
        : [],
    ),
  );
}

/** A run of an older Assay was stored without its environment: that is said, not taken for "no variables". */
function notStored(left: RunRecord, right: RunRecord): readonly Cause[] {
  const lacks = ({ cases }: RunRecord) => cases.some((one) => one.launchDigest && !one.environment);
  if (!lacks(left) && !lacks(right)) return [];
  const side = (record: RunRecord) => (lacks(record) ? 'not stored' : 'stored');
  return [{ kind: 'environment', name: 'variables', left: side(left), right: side(right), where: [], weight: 0 }];
}

/** Kinds whose change alone gives a launch another digest. */
const explaining: ReadonlySet<CauseKind> = new Set(['image', 'suite', 'mpi', 'environment', 'mount', 'placement']);

/** Launches that differ though no cause says why: the command's words, its files, or the launcher. */
export function launchCauses(left: RunRecord, right: RunRecord, others: readonly Cause[]): Compared {
  const digests = ({ cases }: RunRecord): Sayings =>
    new Map(
      cases.flatMap((one: CaseRow) =>
        one.launchDigest ? [[one.name, new Map([['launch', one.launchDigest]])] as const] : [],
      ),
    );
  const { changes, equal } = changesBetween(digests(left), digests(right));
  const explained = others.some((cause) => explaining.has(cause.kind));
  const causes = changes.map((change): Cause => ({ kind: 'launch', ...change, weight: weightOf('launch', 'launch') }));
  return { causes: explained ? [] : causes, hidden: [], unknown: [], equal: equal.length };
}
