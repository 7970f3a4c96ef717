/** A derived run as the flat record that the store keeps. Pure. */
import type { Fact, Facts } from '../inspect/facts.ts';
import { isSettled } from '../inspect/read-ranks.ts';
import type { CaseJudgement } from '../judge/judge.ts';
import type { Launch } from '../launch/launch.ts';
import type { JobState } from '../launch/scheduler.ts';
import { rolesIn } from '../preflight/what-loaded.ts';
import type {
  AllocationRow,
  CaseRow,
  FactRow,
  FindingRow,
  ImageRow,
  MountRow,
  ObservationRow,
  RankRow,
  RunRecord,
  RunRow,
} from '../store/run-record.ts';
import { caseNotes } from './case-notes.ts';
import type { DerivedCase, DerivedRun } from './derive-run.ts';

/** The record of a derived run. */
export function runRecord(run: DerivedRun): RunRecord {
  const { directory, cases, nodes, site } = run;
  const { opened, state, paths } = directory;
  const account = site.site.partitions.find((partition) => partition.name === opened.partition)?.account;
  const row: RunRow = {
    id: opened.run,
    startedAt: opened.time,
    endedAt: state.finishedAt ?? state.lastTime ?? opened.time,
    outcome: outcomeOf(run),
    directory: paths.directory,
    site: opened.site.name,
    siteDigest: opened.site.digest,
    planDigest: opened.key,
    journalDigest: directory.head,
    assayVersion: opened.assay,
    user: opened.user,
    host: opened.host,
    ...(account && { account }),
    ...(opened.ci && { ci: opened.ci }),
  };
  const roleOf = rolesIn(opened.image);
  const mounts = (opened.mounts ?? []).map(({ source, target, readOnly, digest }): MountRow => {
    return { source, target, readOnly: readOnly === true, ...(digest && { digest }) };
  });
  return {
    run: row,
    image: imageRow(run),
    suites: opened.suites,
    ...(mounts.length > 0 && { mounts }),
    allocations: state.allocations.map((item): AllocationRow => {
      const facts = nodes.find((one) => one.allocation === item.plan.id)?.facts ?? [];
      return {
        id: item.plan.id,
        scheduler: site.scheduler.kind,
        jobId: item.job ?? '',
        partition: item.plan.partition.name,
        state: allocationState(item.ended?.state ?? item.state),
        nodes: facts.map((one) => one.node).sort(),
        scriptDigest: (item.script ?? opened.key) as AllocationRow['scriptDigest'],
        ...(item.submittedAt && { submittedAt: item.submittedAt }),
        ...(item.startedAt && { startedAt: item.startedAt }),
        ...(item.endedAt && { endedAt: item.endedAt }),
      };
    }),
    cases: cases.map((item) => caseRow(item, run)),
    findings: cases.flatMap(({ judgement }) =>
      judgement.findings.map(({ check, kind, verdict, message }): FindingRow => {
        return { case: judgement.name, check, kind, verdict, message };
      }),
    ),
    observations: cases.flatMap((item) => observationRows(item)),
    facts: nodes
      .flatMap((one) => one.facts)
      .filter(firstOfNode())
      .flatMap(factRows),
    ranks: cases.flatMap((item) => rankRows(item, roleOf)),
    notes: cases.flatMap((item) => caseNotes(item, opened.image)),
    files: cases.flatMap((item) =>
      (item.step?.files ?? []).map(({ path, digest, size }) => ({ case: item.case.name, path, digest, size })),
    ),
  };
}

function allocationState(state: JobState): string {
  return state;
}

/** Cases that no partition can hold do not spoil a run; the gate still asks for every case. */
export function outcomeOf({ cases, directory }: DerivedRun): RunRow['outcome'] {
  if (!directory.state.finishedAt) return 'interrupted';
  const verdicts = cases.map((item) => item.judgement.verdict);
  if (verdicts.some((verdict) => verdict === 'fail' || verdict === 'invalid')) return 'rejected';
  const counted = verdicts.filter((verdict) => verdict !== 'skip');
  return counted.length > 0 && counted.every((verdict) => verdict === 'pass') ? 'accepted' : 'unproven';
}

function imageRow({ directory }: DerivedRun): ImageRow {
  const { image } = directory.opened;
  return {
    name: image.name,
    digest: image.digest,
    resolved: image.resolved,
    config: image.config,
    architecture: image.architecture,
    ...('family' in image.mpi && {
      mpiFamily: image.mpi.family,
      mpiAbi: image.mpi.abi,
      ...(image.mpi.version && { mpiVersion: image.mpi.version }),
    }),
    layers: image.layers.map(({ digest, size }) => ({ digest, size })),
    packages: image.packages,
  };
}

/** The sentence of the worst finding; of a passing case, that all passed. */
export function reasonOf(judgement: CaseJudgement): string {
  if (judgement.verdict === 'pass') return `${judgement.findings.length} findings, all pass`;
  return judgement.findings.find((one) => one.verdict === judgement.verdict)?.message ?? 'nothing was found';
}

function caseRow(item: DerivedCase, { site }: DerivedRun): CaseRow {
  const launch = item.allocation?.plan.steps.find((step) => step.launch.case === item.case.name)?.launch;
  const none = `sha256:${'0'.repeat(64)}` as const;
  return {
    name: item.case.name,
    id: launch?.id ?? none,
    suite: item.case.suite,
    test: item.case.test.name,
    parameters: item.case.parameters,
    nodes: item.case.geometry.nodes,
    ranks: item.case.geometry.ranks,
    runtime: site.runtime.kind,
    mpi: launch?.mpi ?? 'none',
    verdict: item.judgement.verdict,
    reason: reasonOf(item.judgement),
    ...(item.allocation && { allocation: item.allocation.plan.id }),
    ...(launch && { launchDigest: launch.id, environment: storedEnvironment(launch) }),
    ...(item.step && { seconds: item.step.ended - item.step.began }),
  };
}

/** What the program was started with, but for the variables that name this run and this case. */
export function storedEnvironment({ environment }: Pick<Launch, 'environment'>): NonNullable<CaseRow['environment']> {
  const { ASSAY_NONCE: _nonce, ASSAY_CASE: _case, ...others } = environment;
  return others;
}

function observationRows(item: DerivedCase): readonly ObservationRow[] {
  const { observations, series } = item.evidence.observed;
  const declared = item.case.test.observations;
  return [
    ...observations.map((one): ObservationRow => {
      const better = declared[one.name]?.better;
      return {
        case: item.case.name,
        name: one.name,
        ...(typeof one.value === 'number' ? { number: one.value } : { text: one.value }),
        unit: one.unit,
        ...(better === 'higher' || better === 'lower' ? { better } : {}),
        file: one.file,
        line: one.line,
      };
    }),
    ...series.map((one): ObservationRow => {
      const text = JSON.stringify(one.values);
      return { case: item.case.name, name: one.name, text, unit: one.unit, file: one.file, line: one.line };
    }),
  ];
}

/** A node may be in several allocations of a run; its first facts are kept. */
function firstOfNode(): (facts: Facts) => boolean {
  const seen = new Set<string>();
  return ({ node }) => {
    if (seen.has(node)) return false;
    seen.add(node);
    return true;
  };
}

function factRows({ node, groups }: Facts): readonly FactRow[] {
  return Object.entries(groups).flatMap(([group, facts]) =>
    Object.entries(facts).map(([key, fact]: [string, Fact]): FactRow => {
      return 'value' in fact
        ? { node, group, key, value: fact.value, source: fact.source }
        : { node, group, key, unknown: fact.unknown, why: fact.why, source: fact.source };
    }),
  );
}

/** Cgroups as `controllers:path`, without those at the top, which say nothing. */
function cgroupsOf(lines: readonly string[]): string {
  const below = lines.map((line) => line.replace(/^\d+:/, '')).filter((line) => !line.endsWith(':/'));
  return below.sort().join(' ');
}

function rankRows(item: DerivedCase, roleOf: ReturnType<typeof rolesIn>): readonly RankRow[] {
  return item.ranks.map(
    (rank): RankRow => ({
      case: item.case.name,
      rank: rank.rank,
      node: rank.node,
      ...(rank.uid !== undefined && { uid: rank.uid }),
      ...(rank.userNamespace && { userNamespace: rank.userNamespace }),
      ...(rank.hostUserNamespace && { hostUserNamespace: rank.hostUserNamespace }),
      ...(rank.executable && { executable: rank.executable }),
      ...(rank.processors && { processors: rank.processors }),
      ...(rank.memoryNodes && { memoryNodes: rank.memoryNodes }),
      ...(rank.cgroups.length > 0 && { cgroups: cgroupsOf(rank.cgroups) }),
      ...(rank.limits.memory !== undefined && { memoryLimit: rank.limits.memory }),
      ...(rank.limits.time !== undefined && { processorLimit: rank.limits.time }),
      ...(rank.limits.processors && { cgroupProcessors: rank.limits.processors }),
      ...(isSettled(rank) && { settled: true }),
      libraries: rank.libraries.map((library) => {
        const { path, origin, digest, released } = library;
        const role = roleOf(library);
        return {
          path,
          ...(origin && { origin }),
          ...(digest && { digest }),
          ...(role && { role }),
          ...(released && { released }),
        };
      }),
      ...(rank.unread.length > 0 && { why: rank.unread.join('; ') }),
    }),
  );
}
