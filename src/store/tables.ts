/**
 * The tables of the store, in the words of RunRecord. The SQL that makes them is in `migrations.ts`. Column names are
 * unique over all tables but for the keys that refer to others, as DSI's `find` wants them.
 */
import { libraryRoles } from '../inspect/ranks/library-role.ts';
import { severity } from '../judge/verdict.ts';
import { digest, flag, integer, limit, maybe, real, table, text, word } from './column.ts';
import type {
  AllocationRow,
  CaseRow,
  FactRow,
  FileRow,
  FindingRow,
  ImageRow,
  LoadedLibrary,
  MountRow,
  NoteRow,
  ObservationRow,
  RankRow,
  RunRow,
} from './run-record.ts';

/** A row that belongs to a run, by the run's key. */
interface OfRun {
  readonly run: number;
}

/** A row that belongs to a case of a run, by the case's key. */
interface OfCase extends OfRun {
  readonly case: number;
}

/** A run, flat. `timestamp` is DSI's own column: `YYYY-MM-DD HH:MM:SS`, unique. */
export interface StoredRun extends Omit<RunRow, 'ci'> {
  readonly timestamp: string;
  readonly ciServer?: string;
  readonly ciProject?: string;
  readonly ciCommit?: string;
  readonly ciRef?: string;
  readonly ciPipeline?: string;
  readonly ciJob?: string;
  readonly ciUser?: string;
}

const run = integer('run_id');
const ofCase = { run, case: integer('case_id') };

export const runs = table<StoredRun>('runTable', 'run_id', {
  timestamp: text('run_timestamp'),
  id: text('run_name'),
  startedAt: text('run_started_at'),
  endedAt: text('run_ended_at'),
  outcome: word('run_outcome', ['accepted', 'rejected', 'unproven', 'interrupted']),
  directory: text('run_directory'),
  site: text('run_site'),
  siteDigest: digest('run_site_digest'),
  planDigest: digest('run_plan_digest'),
  journalDigest: digest('run_journal_digest'),
  assayVersion: text('run_assay_version'),
  user: text('run_user'),
  host: text('run_host'),
  account: maybe(text('run_account')),
  ciServer: maybe(text('ci_server')),
  ciProject: maybe(text('ci_project')),
  ciCommit: maybe(text('ci_commit')),
  ciRef: maybe(text('ci_ref')),
  ciPipeline: maybe(text('ci_pipeline')),
  ciJob: maybe(text('ci_job')),
  ciUser: maybe(text('ci_user')),
});

export const images = table<OfRun & Omit<ImageRow, 'layers' | 'packages'>>('image', 'image_id', {
  run,
  name: text('image_name'),
  digest: digest('image_digest'),
  resolved: digest('image_resolved'),
  config: digest('image_config'),
  architecture: text('image_architecture'),
  mpiFamily: maybe(text('image_mpi_family')),
  mpiAbi: maybe(text('image_mpi_abi')),
  mpiVersion: maybe(text('image_mpi_version')),
});

export const imageLayers = table<OfRun & ImageRow['layers'][number]>('image_layer', 'layer_id', {
  run,
  digest: digest('layer_digest'),
  size: integer('layer_size'),
});

export const imagePackages = table<OfRun & ImageRow['packages'][number]>('image_package', 'package_id', {
  run,
  manager: text('package_manager'),
  name: text('package_name'),
  version: text('package_version'),
});

export const suites = table<OfRun & { readonly name: string; readonly digest: `sha256:${string}` }>(
  'suite',
  'suite_id',
  { run, name: text('suite_name'), digest: digest('suite_digest') },
);

export const mounts = table<OfRun & Omit<MountRow, 'readOnly'> & { readonly readOnly: 'true' | 'false' }>(
  'mount',
  'mount_id',
  {
    run,
    source: text('mount_source'),
    target: text('mount_target'),
    readOnly: word('mount_read_only', ['true', 'false']),
    digest: maybe(digest('mount_digest')),
  },
);

export const allocations = table<OfRun & Omit<AllocationRow, 'nodes'>>('allocation', 'allocation_id', {
  run,
  id: text('allocation_name'),
  scheduler: text('allocation_scheduler'),
  jobId: text('allocation_job'),
  partition: text('allocation_partition'),
  state: text('allocation_state'),
  scriptDigest: digest('allocation_script_digest'),
  submittedAt: maybe(text('allocation_submitted_at')),
  startedAt: maybe(text('allocation_started_at')),
  endedAt: maybe(text('allocation_ended_at')),
});

export const allocationNodes = table<OfRun & { readonly allocation: number; readonly name: string }>(
  'allocation_node',
  'node_id',
  { run, allocation: integer('allocation_id'), name: text('node_name') },
);

/** An environment that one or more cases of a run were started with: most cases have the same, and it is kept once. */
export const environmentSets = table<OfRun & { readonly digest: `sha256:${string}` }>(
  'environment_set',
  'environment_set_id',
  { run, digest: digest('environment_set_digest') },
);

export const environmentVariables = table<
  OfRun & { readonly set: number; readonly name: string; readonly value: string }
>('environment_variable', 'variable_id', {
  run,
  set: integer('environment_set_id'),
  name: text('variable_name'),
  value: text('variable_value'),
});

/** A case, flat: its allocation and its environment by their keys. */
export interface StoredCase extends OfRun, Omit<CaseRow, 'parameters' | 'allocation' | 'environment'> {
  readonly allocation?: number;
  readonly environment?: number;
}

export const cases = table<StoredCase>('test_case', 'case_id', {
  run,
  allocation: maybe(integer('allocation_id')),
  environment: maybe(integer('environment_set_id')),
  name: text('case_name'),
  id: digest('case_digest'),
  suite: text('case_suite'),
  test: text('case_test'),
  nodes: integer('case_nodes'),
  ranks: integer('case_ranks'),
  runtime: text('case_runtime'),
  mpi: text('case_mpi'),
  launchDigest: maybe(digest('case_launch_digest')),
  seconds: maybe(real('case_seconds')),
  verdict: word('case_verdict', severity),
  reason: text('case_reason'),
});

export const caseParameters = table<
  OfCase & { readonly name: string; readonly number?: number; readonly text?: string }
>('case_parameter', 'parameter_id', {
  ...ofCase,
  name: text('parameter_name'),
  number: maybe(real('parameter_number')),
  text: maybe(text('parameter_text')),
});

export const findings = table<OfCase & Omit<FindingRow, 'case' | 'data'>>('finding', 'finding_id', {
  ...ofCase,
  check: text('finding_check'),
  kind: text('finding_kind'),
  verdict: word('finding_verdict', severity),
  message: text('finding_message'),
});

/** What a finding computed: one row a member of its `data`; booleans are the texts `true` and `false`. */
export interface FindingDatum extends OfRun {
  readonly finding: number;
  readonly name: string;
  readonly kind: 'number' | 'text' | 'boolean' | 'null';
  readonly number?: number;
  readonly text?: string;
}

export const findingData = table<FindingDatum>('finding_datum', 'datum_id', {
  run,
  finding: integer('finding_id'),
  name: text('datum_name'),
  kind: word('datum_kind', ['number', 'text', 'boolean', 'null']),
  number: maybe(real('datum_number')),
  text: maybe(text('datum_text')),
});

export const observations = table<OfCase & Omit<ObservationRow, 'case'>>('observation', 'observation_id', {
  ...ofCase,
  name: text('observation_name'),
  number: maybe(real('observation_number')),
  text: maybe(text('observation_text')),
  unit: text('observation_unit'),
  better: maybe(word('observation_better', ['higher', 'lower'])),
  file: text('observation_file'),
  line: integer('observation_line'),
});

export const facts = table<OfRun & FactRow>('fact', 'fact_id', {
  run,
  node: text('fact_node'),
  group: text('fact_group'),
  key: text('fact_key'),
  value: maybe(text('fact_value')),
  unknown: maybe(word('fact_unknown', ['absent', 'denied', 'error', 'timeout'])),
  why: maybe(text('fact_why')),
  source: text('fact_source'),
});

/** A list of libraries that one or more ranks of a run had loaded: most ranks have the same, and it is kept once. */
export const librarySets = table<OfRun & { readonly digest: `sha256:${string}` }>('library_set', 'library_set_id', {
  run,
  digest: digest('library_set_digest'),
});

export const libraries = table<OfRun & LoadedLibrary & { readonly set: number }>('library', 'library_id', {
  run,
  set: integer('library_set_id'),
  path: text('library_path'),
  origin: maybe(word('library_origin', ['image', 'host'])),
  digest: maybe(digest('library_digest')),
  role: maybe(word('library_role', libraryRoles)),
  released: maybe(flag('library_released')),
});

export const ranks = table<OfCase & Omit<RankRow, 'case' | 'libraries'> & { readonly set?: number }>(
  'rank_process',
  'rank_id',
  {
    ...ofCase,
    set: maybe(integer('library_set_id')),
    rank: integer('rank_number'),
    node: text('rank_node'),
    uid: maybe(integer('rank_uid')),
    userNamespace: maybe(text('rank_user_namespace')),
    hostUserNamespace: maybe(text('rank_host_user_namespace')),
    executable: maybe(text('rank_executable')),
    processors: maybe(text('rank_processors')),
    memoryNodes: maybe(text('rank_memory_nodes')),
    cgroups: maybe(text('rank_cgroups')),
    memoryLimit: maybe(limit('rank_memory_limit')),
    processorLimit: maybe(limit('rank_processor_limit')),
    cgroupProcessors: maybe(text('rank_cgroup_processors')),
    settled: maybe(flag('rank_settled')),
    why: maybe(text('rank_why')),
  },
);

export const notes = table<OfCase & Omit<NoteRow, 'case'>>('case_note', 'note_id', {
  ...ofCase,
  about: word('note_about', ['seen', 'preflight', 'difference', 'transport-loaded', 'transport-in-use']),
  text: text('note_text'),
});

export const files = table<OfCase & Omit<FileRow, 'case'>>('output_file', 'file_id', {
  ...ofCase,
  path: text('file_path'),
  digest: digest('file_digest'),
  size: integer('file_size'),
});

/** Tables with rows of a run, children before parents: the order in which a run's rows can be taken out. */
export const ofRun: readonly string[] = [
  files,
  notes,
  ranks,
  libraries,
  librarySets,
  facts,
  observations,
  findingData,
  findings,
  caseParameters,
  cases,
  environmentVariables,
  environmentSets,
  allocationNodes,
  allocations,
  mounts,
  suites,
  imagePackages,
  imageLayers,
  images,
].map(({ name }) => name);
