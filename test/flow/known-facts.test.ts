import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { knownFacts } from '../../src/flow/known-facts.ts';
import { type OpenSite, openSiteText } from '../../src/flow/open-site.ts';
import type { FactRow } from '../../src/store/run-record.ts';
import { openStore } from '../../src/store/store.ts';
import { writeRun } from '../../src/store/write-run.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';
import { plant } from '../inspect/scratch-collector.ts';
import { fullRecord } from '../store/record.ts';

const real = realSystem(true);
const folder = mkdtempSync(join(tmpdir(), 'assay-known-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const here = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
const text = readFileSync('sites/cluster.yaml', 'utf8');
let number = 0;

/** A site with a store of its own. */
function newSite(change = (whole: string) => whole): OpenSite {
  number += 1;
  const whole = text.replace(/^ {2}store:.*$/m, `  store: ${folder}/${number}.db`);
  return openSiteText(real, change(whole), '/s/site.yaml');
}

const at = (now: string): System => ({ ...real, clock: { ...real.clock, now: () => now } });

/** Puts a run of some nodes into the store, with the kernel that they ran. */
async function ran(
  site: OpenSite,
  id: string,
  startedAt: string,
  nodes: readonly string[],
  release = here,
  offers = true,
) {
  const store = await openStore(real, site.site.directories.store, 'write');
  const record = fullRecord(id);
  const facts = nodes.flatMap((node): FactRow[] => [
    { node, group: 'kernel', key: 'release', value: release, source: 's' },
    offers
      ? { node, group: 'mpi', key: 'plugins', value: 'none pmi2 pmix', source: 's' }
      : { node, group: 'mpi', key: 'plugins', unknown: 'timeout', why: 'it took too long', source: 's' },
  ]);
  await writeRun(store, {
    ...record,
    run: { ...record.run, startedAt, site: site.site.name },
    allocations: record.allocations.slice(0, 1).map((one) => ({ ...one, partition: 'batch', nodes })),
    facts,
  });
  store.close();
}

describe('the facts that a start is judged by', () => {
  it('are those of the nodes, told last, with whose they are and how old', async () => {
    const site = newSite();
    await ran(site, 'r1', '2026-03-01T00:00:00.000Z', ['node1', 'node2', 'node3']);
    await ran(site, 'r2', '2026-03-05T00:00:00.000Z', ['node1']);
    const known = await knownFacts(at('2026-03-05T02:00:00.000Z'), site, 'batch');
    expect(known).toMatchObject({
      whose: 'node[1-3] of partition batch, told 2 h 0 min to 4 d ago in 2 runs',
      doubts: [],
    });
    expect(known.facts.map(({ node }) => node)).toEqual(['node1', 'node2', 'node3']);
    expect(known.facts[0]?.groups).toEqual({
      kernel: { release: { value: here, source: 's' } },
      mpi: { plugins: { value: 'none pmi2 pmix', source: 's' } },
    });
  });

  it('are doubted when they are old, or of another kernel than this host has; a node long silent is left out', async () => {
    const site = newSite();
    await ran(site, 'r0', '2025-11-01T00:00:00.000Z', ['gone']);
    await ran(site, 'r1', '2026-03-01T00:00:00.000Z', ['node1'], '4.18.0');
    const { whose, doubts, facts } = await knownFacts(at('2026-04-10T00:00:00.000Z'), site, 'batch');
    expect(whose).toBe('node1 of partition batch, told 40 d ago in run r1');
    expect(facts).toHaveLength(1);
    expect(doubts).toEqual([
      'the facts are up to 40 d old; a run or --facts brings new ones',
      '1 nodes that told nothing for much longer are left out',
      `the nodes ran Linux 4.18.0 then, and this host runs ${here}: they may have been updated since`,
    ]);
  });

  it('have what the srun of this host offers beside them where no node told that', async () => {
    const site = newSite();
    await ran(site, 'r1', '2026-03-01T00:00:00.000Z', ['node1'], here, false);
    expect((await knownFacts(real, site, 'batch')).facts.map(({ node }) => node)).toEqual(['node1']);
    const programs = join(folder, 'bin');
    const list = readFileSync('test/fixtures/slurm/22.05.8/mpi-list.txt', 'utf8').replace(/^#.*\n/, '');
    plant(programs, 'srun', `cat <<'END'\n${list}END`);
    const variables = { ...real.environment.variables, PATH: `${programs}:${process.env.PATH}` };
    const withSrun: System = { ...real, environment: { ...real.environment, variables } };
    const { facts, doubts } = await knownFacts(withSrun, site, 'batch');
    expect(facts).toHaveLength(2);
    expect(Object.keys(facts[1]?.groups ?? {})).toEqual(['mpi']);
    expect(facts[1]?.groups.mpi?.plugins).toMatchObject({ value: expect.stringContaining('pmix') });
    expect(doubts.at(-1)).toMatch(/^no node told what its srun offers: what that of \S+ does is taken$/);
  });

  it('are those of a file that is named, whatever the store has', async () => {
    const site = newSite();
    await ran(site, 'r1', '2026-03-01T00:00:00.000Z', ['node1']);
    const file = join(folder, 'facts.json');
    writeFileSync(file, JSON.stringify({ nodes: [{ node: 'n9', groups: {} }] }));
    expect(await knownFacts(real, site, 'batch', file)).toMatchObject({ whose: `n9, of ${file}`, doubts: [] });
  });

  it('are this host’s where nodes of the partition told nothing, or there is no store yet', async () => {
    const site = newSite();
    const own = { whose: expect.stringMatching(/, this host, now$/), doubts: [] };
    expect(await knownFacts(real, site, 'batch')).toMatchObject(own);
    await ran(site, 'r1', '2026-03-01T00:00:00.000Z', ['node1']);
    expect(await knownFacts(real, site, 'debug')).toMatchObject(own);
  });

  it('are this host’s where the store cannot be read, which is told', async () => {
    const site = newSite();
    writeFileSync(site.site.directories.store, 'no database, but long enough to be one '.repeat(30));
    const { whose, doubts } = await knownFacts(real, site, 'batch');
    expect(whose).toMatch(/this host/);
    expect(doubts).toEqual([expect.stringMatching(/^what the nodes told before cannot be read: /)]);
  });

  it('are this host’s where no scheduler gives others', async () => {
    const site = newSite((whole) => whole.replace(/kind: slurm\n.*$/m, 'kind: local'));
    await ran(site, 'r1', '2026-03-01T00:00:00.000Z', ['node1']);
    expect((await knownFacts(real, site, 'batch')).whose).toMatch(/this host/);
  });
});
