/**
 * The form of the store, step by step. A migration that was released is never edited: what was applied is kept with
 * its digest, and a store whose steps differ from these is refused.
 *
 * The rules are those a real DSI installation needs to open the file: `runTable` with its two columns first and nothing
 * NOT NULL beside them, `run_id` first in every table of a run, one-column keys, foreign keys that name their column,
 * numbers INTEGER or REAL, plain names, no views, no WITHOUT ROWID, no blobs, units in `dsi_units`.
 */

/** One step: its number counts from 1 without gaps. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

const perRun = 'run_id INTEGER NOT NULL REFERENCES runTable (run_id)';
const perCase = `${perRun},
  case_id INTEGER NOT NULL REFERENCES test_case (case_id)`;

const first = `
CREATE TABLE assay_migration (
  migration_number INTEGER PRIMARY KEY,
  migration_name TEXT NOT NULL,
  migration_digest TEXT NOT NULL,
  migration_applied_at TEXT NOT NULL
);
CREATE TABLE dsi_units (table_name TEXT, column_name TEXT, unit TEXT);
INSERT INTO dsi_units VALUES ('image_layer', 'layer_size', 'B'), ('test_case', 'case_seconds', 's'), ('output_file', 'file_size', 'B');

CREATE TABLE runTable (
  run_id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_timestamp TEXT UNIQUE,
  run_name TEXT UNIQUE,
  run_started_at TEXT,
  run_ended_at TEXT,
  run_outcome TEXT,
  run_directory TEXT,
  run_site TEXT,
  run_site_digest TEXT,
  run_plan_digest TEXT,
  run_journal_digest TEXT,
  run_assay_version TEXT,
  run_user TEXT,
  run_host TEXT,
  run_account TEXT,
  ci_server TEXT,
  ci_project TEXT,
  ci_commit TEXT,
  ci_ref TEXT,
  ci_pipeline TEXT,
  ci_job TEXT,
  ci_user TEXT
);
CREATE INDEX run_by_start ON runTable (run_started_at);

CREATE TABLE image (
  ${perRun},
  image_id INTEGER PRIMARY KEY,
  image_name TEXT NOT NULL,
  image_digest TEXT NOT NULL,
  image_resolved TEXT NOT NULL,
  image_config TEXT NOT NULL,
  image_architecture TEXT NOT NULL,
  image_mpi_family TEXT,
  image_mpi_abi TEXT,
  image_mpi_version TEXT
);
CREATE INDEX image_by_run ON image (run_id);
CREATE INDEX image_by_digest ON image (image_digest);

CREATE TABLE image_layer (
  ${perRun},
  layer_id INTEGER PRIMARY KEY,
  layer_digest TEXT NOT NULL,
  layer_size INTEGER NOT NULL
);
CREATE INDEX layer_by_run ON image_layer (run_id);

CREATE TABLE image_package (
  ${perRun},
  package_id INTEGER PRIMARY KEY,
  package_manager TEXT NOT NULL,
  package_name TEXT NOT NULL,
  package_version TEXT NOT NULL
);
CREATE INDEX package_by_run ON image_package (run_id);

CREATE TABLE suite (
  ${perRun},
  suite_id INTEGER PRIMARY KEY,
  suite_name TEXT NOT NULL,
  suite_digest TEXT NOT NULL
);
CREATE INDEX suite_by_run ON suite (run_id);

CREATE TABLE allocation (
  ${perRun},
  allocation_id INTEGER PRIMARY KEY,
  allocation_name TEXT NOT NULL,
  allocation_scheduler TEXT NOT NULL,
  allocation_job TEXT NOT NULL,
  allocation_partition TEXT NOT NULL,
  allocation_state TEXT NOT NULL,
  allocation_script_digest TEXT NOT NULL,
  allocation_submitted_at TEXT,
  allocation_started_at TEXT,
  allocation_ended_at TEXT
);
CREATE INDEX allocation_by_run ON allocation (run_id);

CREATE TABLE allocation_node (
  ${perRun},
  node_id INTEGER PRIMARY KEY,
  allocation_id INTEGER NOT NULL REFERENCES allocation (allocation_id),
  node_name TEXT NOT NULL
);
CREATE INDEX node_by_run ON allocation_node (run_id);
CREATE INDEX node_by_allocation ON allocation_node (allocation_id);

CREATE TABLE test_case (
  ${perRun},
  case_id INTEGER PRIMARY KEY,
  allocation_id INTEGER REFERENCES allocation (allocation_id),
  case_name TEXT NOT NULL,
  case_digest TEXT NOT NULL,
  case_suite TEXT NOT NULL,
  case_test TEXT NOT NULL,
  case_nodes INTEGER NOT NULL,
  case_ranks INTEGER NOT NULL,
  case_runtime TEXT NOT NULL,
  case_mpi TEXT NOT NULL,
  case_launch_digest TEXT,
  case_seconds REAL,
  case_verdict TEXT NOT NULL,
  case_reason TEXT NOT NULL
);
CREATE UNIQUE INDEX case_by_run ON test_case (run_id, case_name);
CREATE INDEX case_by_name ON test_case (case_name);
CREATE INDEX case_by_allocation ON test_case (allocation_id);

CREATE TABLE case_parameter (
  ${perCase},
  parameter_id INTEGER PRIMARY KEY,
  parameter_name TEXT NOT NULL,
  parameter_number REAL,
  parameter_text TEXT,
  CHECK ((parameter_number IS NULL) <> (parameter_text IS NULL))
);
CREATE INDEX parameter_by_run ON case_parameter (run_id);
CREATE INDEX parameter_by_case ON case_parameter (case_id);

CREATE TABLE finding (
  ${perCase},
  finding_id INTEGER PRIMARY KEY,
  finding_check TEXT NOT NULL,
  finding_kind TEXT NOT NULL,
  finding_verdict TEXT NOT NULL,
  finding_message TEXT NOT NULL
);
CREATE INDEX finding_by_run ON finding (run_id);
CREATE INDEX finding_by_case ON finding (case_id);

CREATE TABLE finding_datum (
  ${perRun},
  datum_id INTEGER PRIMARY KEY,
  finding_id INTEGER NOT NULL REFERENCES finding (finding_id),
  datum_name TEXT NOT NULL,
  datum_kind TEXT NOT NULL,
  datum_number REAL,
  datum_text TEXT
);
CREATE INDEX datum_by_run ON finding_datum (run_id);
CREATE INDEX datum_by_finding ON finding_datum (finding_id);

CREATE TABLE observation (
  ${perCase},
  observation_id INTEGER PRIMARY KEY,
  observation_name TEXT NOT NULL,
  observation_number REAL,
  observation_text TEXT,
  observation_unit TEXT NOT NULL,
  observation_better TEXT,
  observation_file TEXT NOT NULL,
  observation_line INTEGER NOT NULL,
  CHECK ((observation_number IS NULL) <> (observation_text IS NULL))
);
CREATE INDEX observation_by_run ON observation (run_id);
CREATE INDEX observation_by_case ON observation (case_id);

CREATE TABLE fact (
  ${perRun},
  fact_id INTEGER PRIMARY KEY,
  fact_node TEXT NOT NULL,
  fact_group TEXT NOT NULL,
  fact_key TEXT NOT NULL,
  fact_value TEXT,
  fact_unknown TEXT,
  fact_why TEXT,
  fact_source TEXT NOT NULL,
  CHECK ((fact_value IS NULL) <> (fact_unknown IS NULL))
);
CREATE INDEX fact_by_run ON fact (run_id);

CREATE TABLE library_set (
  ${perRun},
  library_set_id INTEGER PRIMARY KEY,
  library_set_digest TEXT NOT NULL
);
CREATE INDEX library_set_by_run ON library_set (run_id);

CREATE TABLE library (
  ${perRun},
  library_id INTEGER PRIMARY KEY,
  library_set_id INTEGER NOT NULL REFERENCES library_set (library_set_id),
  library_path TEXT NOT NULL
);
CREATE INDEX library_by_run ON library (run_id);
CREATE INDEX library_by_set ON library (library_set_id);

CREATE TABLE rank_process (
  ${perCase},
  rank_id INTEGER PRIMARY KEY,
  library_set_id INTEGER REFERENCES library_set (library_set_id),
  rank_number INTEGER NOT NULL,
  rank_node TEXT NOT NULL,
  rank_uid INTEGER,
  rank_user_namespace TEXT,
  rank_host_user_namespace TEXT,
  rank_executable TEXT,
  rank_why TEXT
);
CREATE INDEX rank_by_run ON rank_process (run_id);
CREATE INDEX rank_by_case ON rank_process (case_id);
CREATE INDEX rank_by_library_set ON rank_process (library_set_id);

CREATE TABLE output_file (
  ${perCase},
  file_id INTEGER PRIMARY KEY,
  file_path TEXT NOT NULL,
  file_digest TEXT NOT NULL,
  file_size INTEGER NOT NULL
);
CREATE INDEX file_by_run ON output_file (run_id);
CREATE INDEX file_by_case ON output_file (case_id);
`;

const second = `
CREATE TABLE environment_set (
  ${perRun},
  environment_set_id INTEGER PRIMARY KEY,
  environment_set_digest TEXT NOT NULL
);
CREATE INDEX environment_set_by_run ON environment_set (run_id);

CREATE TABLE environment_variable (
  ${perRun},
  variable_id INTEGER PRIMARY KEY,
  environment_set_id INTEGER NOT NULL REFERENCES environment_set (environment_set_id),
  variable_name TEXT NOT NULL,
  variable_value TEXT NOT NULL
);
CREATE INDEX variable_by_run ON environment_variable (run_id);
CREATE INDEX variable_by_set ON environment_variable (environment_set_id);

ALTER TABLE test_case ADD COLUMN environment_set_id INTEGER REFERENCES environment_set (environment_set_id);
CREATE INDEX case_by_environment_set ON test_case (environment_set_id);
CREATE INDEX observation_by_name ON observation (observation_name);
`;

const third = `
ALTER TABLE library ADD COLUMN library_origin TEXT;
ALTER TABLE library ADD COLUMN library_digest TEXT;
`;

// A limit is a number, or the text `none`.
const fourth = `
ALTER TABLE library ADD COLUMN library_role TEXT;
ALTER TABLE library ADD COLUMN library_released INTEGER;

ALTER TABLE rank_process ADD COLUMN rank_processors TEXT;
ALTER TABLE rank_process ADD COLUMN rank_memory_nodes TEXT;
ALTER TABLE rank_process ADD COLUMN rank_cgroups TEXT;
ALTER TABLE rank_process ADD COLUMN rank_memory_limit INTEGER;
ALTER TABLE rank_process ADD COLUMN rank_processor_limit REAL;
ALTER TABLE rank_process ADD COLUMN rank_cgroup_processors TEXT;
ALTER TABLE rank_process ADD COLUMN rank_settled INTEGER;
INSERT INTO dsi_units VALUES ('rank_process', 'rank_memory_limit', 'B');

CREATE TABLE case_note (
  ${perCase},
  note_id INTEGER PRIMARY KEY,
  note_about TEXT NOT NULL,
  note_text TEXT NOT NULL
);
CREATE INDEX note_by_run ON case_note (run_id);
CREATE INDEX note_by_case ON case_note (case_id);
`;

const fifth = `
CREATE TABLE mount (
  ${perRun},
  mount_id INTEGER PRIMARY KEY,
  mount_source TEXT NOT NULL,
  mount_target TEXT NOT NULL,
  mount_read_only TEXT NOT NULL,
  mount_digest TEXT
);
CREATE INDEX mount_by_run ON mount (run_id);
`;

/** Every step, in order. */
export const migrations: readonly Migration[] = [
  { number: 1, name: 'runs, cases, findings, observations, facts', sql: first },
  { number: 2, name: 'environments of cases, metrics by name', sql: second },
  { number: 3, name: 'origin and digest of loaded libraries', sql: third },
  { number: 4, name: 'affinity and limits of ranks, roles of libraries, notes on cases', sql: fourth },
  { number: 5, name: 'mounts of the host in containers', sql: fifth },
];
