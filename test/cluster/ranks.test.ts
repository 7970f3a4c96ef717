/** What really happened, on the real nodes: what ranks loaded, what they might use, what differs between them, and what nobody saw. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NoteRow, RankRow, RunRecord } from '../../src/store/run-record.ts';
import { assay, home, image, shared, site as shipped, state, tester } from './login.ts';

const folder = mkdtempSync(join(state, 'ranks-'));
const work = join(home, `ranks-${process.pid}`);
const site = join(folder, 'site.yaml');
const suite = join(folder, 'late');
let record: RunRecord;

const ranksOf = (name: RegExp): readonly RankRow[] => record.ranks.filter((one) => name.test(one.case));
const notesOf = (name: RegExp, about: NoteRow['about']): readonly string[] =>
  record.notes.filter((one) => name.test(one.case) && one.about === about).map(({ text }) => text);

// Perl is in every Debian. Rank 1 alone opens a library, 2 s after its start.
const opens = `sleep 2;
if ($ENV{SLURM_PROCID} == 1) { require DynaLoader; DynaLoader::dl_load_file("/usr/lib/x86_64-linux-gnu/libz.so.1") or die }
sleep 4; print "value=1\\n" if $ENV{SLURM_PROCID} == 0;`;

beforeAll(() => {
  execFileSync('chmod', ['755', folder]);
  execFileSync('install', ['-d', '-o', 'tester', '-g', 'assay', work]);
  writeFileSync(
    site,
    readFileSync(shipped, 'utf8')
      .replace('~/assay/runs', join(work, 'runs'))
      .replace('~/assay/assay.db', join(work, 'assay.db'))
      .replace('../../../registry', join(shared, 'registry')),
  );
  mkdirSync(suite);
  writeFileSync(
    join(suite, 'suite.yaml'),
    `suite: late
tests:
  opens:
    geometry: { nodes: 2, ranks: 4 }
    time_limit: 1min
    command: [perl, -e, ${JSON.stringify(opens)}]
    observations: { value: { parser: keyvalue, key: value, unit: "1" } }
    checks: { told: { kind: equals, of: value, expect: 1, why: It came to its end. } }
  says:
    geometry: { nodes: 2, ranks: 4 }
    time_limit: 1min
    command: [lmp, -in, /dev/null, -log, none]
    environment: { OMPI_MCA_btl_base_verbose: "1" }
    observations: { hours: { parser: regex, pattern: '^Total wall time: (?<value>\\d+):', unit: h } }
    checks: { told: { kind: range, of: hours, min: 0, why: It came to its end. } }
  short:
    geometry: { nodes: 2, ranks: 2 }
    time_limit: 10s
    command: ["true"]
    observations: { value: { parser: keyvalue, key: value, unit: "1" } }
    checks: { told: { kind: equals, of: value, expect: 1, why: What says nothing cannot pass. } }
`,
  );
  const ended = tester(assay, 'run', suite, 'lammps', 'wireup', '--image', image, '--site', site, '--fresh', '--json');
  // The case that says nothing does not pass.
  expect(ended.status, ended.stderr).toBe(1);
  const shown = tester(assay, 'show', 'latest', '--site', site, '--json');
  expect(shown.status, shown.stderr).toBe(0);
  record = JSON.parse(shown.stdout) as RunRecord;
  process.stderr.write(tester(assay, 'show', 'latest', '--site', site).stdout);
});

afterAll(() => {
  for (const path of [folder, work]) rmSync(path, { recursive: true, force: true });
});

it('finds the library that one rank alone opened late, with origin and digest, and names it as what differs', () => {
  const late = ranksOf(/^late\/opens/).map(({ rank, libraries }) => ({
    rank,
    libz: libraries.find(({ path }) => /\/libz\.so\.1/.test(path)),
  }));
  expect(late.map(({ rank }) => rank).sort()).toEqual([0, 1, 2, 3]);
  for (const { rank, libz } of late)
    if (rank === 1) expect(libz).toMatchObject({ origin: 'image', digest: expect.stringMatching(/^sha256:/) });
    else expect(libz).toBeUndefined();
  expect(notesOf(/^late\/opens/, 'difference')).toEqual([
    expect.stringMatching(
      /^rank 1 on node\d had \/usr\/lib\/x86_64-linux-gnu\/libz\.so\.1\S* \(of the image, sha256:\w{12}\), which ranks 0,2-3 had not$/,
    ),
  ]);
  expect(notesOf(/^late\/opens/, 'preflight')).toEqual([
    expect.stringContaining('no MPI was loaded in ranks 0-3, where preflight foretold libmpi.so.40'),
  ]);
});

it('stores program, affinity, memory nodes and limits of the ranks of LAMMPS, and the libraries of each role', () => {
  const ranks = ranksOf(/^lammps\/melt nodes=4/);
  expect(new Set(ranks.map(({ rank }) => rank)).size).toBe(4);
  for (const one of ranks) {
    expect(one).toMatchObject({
      node: expect.stringMatching(/^node\d$/),
      executable: expect.stringContaining('lmp'),
      processors: expect.stringMatching(/^\d/),
      memoryNodes: '0',
      processorLimit: expect.anything(),
      memoryLimit: expect.anything(),
      userNamespace: expect.stringMatching(/^user:/),
    });
    const mpi = one.libraries.filter(({ role }) => role === 'mpi');
    expect(mpi).toEqual([expect.objectContaining({ origin: 'image', digest: expect.stringMatching(/^sha256:/) })]);
  }
  expect(notesOf(/^lammps/, 'preflight')).toEqual([]);
  expect(notesOf(/^lammps\/melt nodes=4/, 'transport-loaded')[0]).toMatch(/Open MPI btl: .*tcp/);
  expect(notesOf(/^lammps\/melt nodes=4/, 'transport-in-use')).toEqual([
    expect.stringMatching(/^(?:unknown: |tcp between nodes: )/),
  ]);
  for (const text of notesOf(/^wireup\/network/, 'transport-in-use')) expect(text).toBe('tcp; the case measured it');
});

it('takes the transport from the words of a library that was made to say it', () => {
  expect(notesOf(/^late\/says/, 'transport-in-use')).toEqual([
    expect.stringMatching(/^Open MPI btl between nodes: tcp; Open MPI btl within a node: vader.*as the library said$/),
  ]);
});

it('says unknown of a step that was too short to be seen', () => {
  expect(ranksOf(/^late\/short/)).toEqual([]);
  expect(notesOf(/^late\/short/, 'seen')).toEqual([expect.stringContaining('unknown: no rank was seen')]);
  expect(notesOf(/^late\/short/, 'transport-loaded')).toEqual(['unknown: no rank was seen']);
});
