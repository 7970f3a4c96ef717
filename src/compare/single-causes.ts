/** Things of which a run has one: digests, names, the image and where it ran. */
import type { ImageRow, RunRecord } from '../store/run-record.ts';
import { type Cause, type Compared, changesBetween, joined, sides } from './cause.ts';
import { type CauseKind, weightOf } from './weights.ts';

/** Names with what each run has for them. */
function compareNamed(
  kind: CauseKind,
  left: Readonly<Record<string, string | undefined>>,
  right: Readonly<Record<string, string | undefined>>,
): Compared {
  const causes: Cause[] = [];
  let equal = 0;
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const [was, is] = [left[name], right[name]];
    if (was === is) equal += was === undefined ? 0 : 1;
    else causes.push({ kind, name, ...sides(was, is), where: [], weight: weightOf(kind, name) });
  }
  return { causes, hidden: [], unknown: [], equal };
}

/** Image, its MPI, layers and packages. Tags are names, no causes. */
export function imageCauses({ image: left }: RunRecord, { image: right }: RunRecord): Compared {
  const own = ({ digest, architecture }: ImageRow) => ({ digest, architecture });
  const mpi = ({ mpiFamily, mpiAbi, mpiVersion }: ImageRow) => ({
    'family in the image': mpiFamily,
    'ABI in the image': mpiAbi,
    'version in the image': mpiVersion,
  });
  return joined([
    compareNamed('image', own(left), own(right)),
    compareNamed('mpi', mpi(left), mpi(right)),
    layerCauses(left, right),
    compareNamed('package', packagesOf(left), packagesOf(right)),
  ]);
}

/** Layers by digest; one that gave way to another at the same place is one change. */
function layerCauses(left: ImageRow, right: ImageRow): Compared {
  const [had, has] = [left, right].map((image) => image.layers.map((layer) => layer.digest as string));
  const causes: Cause[] = [];
  let equal = 0;
  for (let index = 0; index < Math.max(had?.length ?? 0, has?.length ?? 0); index += 1) {
    const [was, is] = [had?.[index], has?.[index]];
    if (was !== undefined && has?.includes(was)) equal += 1;
    const [gone, come] = [was && has?.includes(was) ? undefined : was, is && had?.includes(is) ? undefined : is];
    if (gone === undefined && come === undefined) continue;
    const name = `layer ${index + 1}`;
    causes.push({ kind: 'layer', name, ...sides(gone, come), where: [], weight: weightOf('layer', name) });
  }
  return { causes, hidden: [], unknown: [], equal };
}

/** Versions by `manager name`; of a name that is there several times, all of them. */
function packagesOf({ packages }: ImageRow): Readonly<Record<string, string>> {
  const versions = new Map<string, string[]>();
  for (const { manager, name, version } of packages) {
    const key = `${manager} ${name}`;
    versions.set(key, [...(versions.get(key) ?? []), version]);
  }
  return Object.fromEntries([...versions].map(([key, found]) => [key, [...new Set(found)].sort().join(', ')]));
}

/** Suites, site file, and who ran it with which Assay. */
export function digestCauses(left: RunRecord, right: RunRecord): Compared {
  const suites = ({ suites: all }: RunRecord) => Object.fromEntries(all.map(({ name, digest }) => [name, digest]));
  // A suite that only one run has is no cause of what the others did; its cases are told as effects.
  const both = left.suites.filter(({ name }) => right.suites.some((other) => other.name === name));
  const shared = (record: RunRecord) =>
    Object.fromEntries(Object.entries(suites(record)).filter(([name]) => both.some((suite) => suite.name === name)));
  const site = ({ run }: RunRecord) => ({ name: run.site, 'site file': run.siteDigest });
  const own = ({ run }: RunRecord) => ({ 'version of Assay': run.assayVersion, user: run.user });
  return joined([
    compareNamed('suite', shared(left), shared(right)),
    compareNamed('site', site(left), site(right)),
    compareNamed('run', own(left), own(right)),
  ]);
}

/** Nodes, partition, account, scheduler, runtime, and the `--mpi` of each case. */
export function placementCauses(left: RunRecord, right: RunRecord): Compared {
  const whole = compareNamed('placement', placementOf(left), placementOf(right));
  const perCase = (record: RunRecord, name: string, of: (one: RunRecord['cases'][number]) => string | undefined) =>
    new Map(
      record.cases.flatMap((one) => {
        const value = one.launchDigest ? of(one) : undefined;
        return value === undefined ? [] : [[one.name, new Map([[name, value]])] as const];
      }),
    );
  const ofCases = (
    kind: CauseKind,
    name: string,
    of: (record: RunRecord) => (one: RunRecord['cases'][number]) => string | undefined,
  ) => {
    const { changes, equal } = changesBetween(perCase(left, name, of(left)), perCase(right, name, of(right)));
    const causes = changes.map((change) => ({ kind, ...change, weight: weightOf(kind, name) }));
    return { causes, hidden: [], unknown: [], equal: equal.length };
  };
  const moved = whole.causes.some((cause) => cause.name === 'nodes');
  return joined([
    whole,
    ofCases('placement', 'runtime', () => (one) => one.runtime),
    ofCases('mpi', '--mpi', () => (one) => one.mpi),
    // Where all nodes differ, each case's must, and saying so again helps nobody.
    ...(moved ? [] : [ofCases('placement', 'nodes of a case', (record) => nodesOfCases(record))]),
  ]);
}

function placementOf({ run, allocations }: RunRecord): Readonly<Record<string, string | undefined>> {
  const list = (values: readonly string[]) => [...new Set(values)].sort().join(', ') || undefined;
  return {
    nodes: list(allocations.flatMap((one) => one.nodes)),
    partition: list(allocations.map((one) => one.partition)),
    scheduler: list(allocations.map((one) => one.scheduler)),
    account: run.account,
  };
}

/** The nodes on which a case's ranks were seen. */
function nodesOfCases({
  ranks,
}: RunRecord): (one: { readonly name: string; readonly ranks: number }) => string | undefined {
  const nodes = new Map<string, { readonly names: Set<string>; readonly ranks: Set<number> }>();
  for (const { case: name, node, rank } of ranks) {
    const known = nodes.get(name) ?? { names: new Set(), ranks: new Set() };
    known.names.add(node);
    known.ranks.add(rank);
    nodes.set(name, known);
  }
  return (one) => {
    const seen = nodes.get(one.name);
    // A rank too short to be seen may have been anywhere.
    return seen && seen.ranks.size === one.ranks ? [...seen.names].sort().join(', ') : undefined;
  };
}
