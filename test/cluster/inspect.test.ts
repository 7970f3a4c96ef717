import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { loadCollectorTemplates, renderCollector } from '../../src/inspect/collector.ts';
import { deviationsAmong } from '../../src/inspect/comparison/uniformity.ts';
import { factValue } from '../../src/inspect/facts.ts';
import { fingerprintNames, fingerprintsOf } from '../../src/inspect/fingerprint.ts';
import { loadFingerprintTemplates, renderFingerprintScript } from '../../src/inspect/fingerprint-script.ts';
import { probes } from '../../src/inspect/probes/index.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';
import { readRanks } from '../../src/inspect/read-ranks.ts';
import { realFiles } from '../../src/system/files.ts';

const cluster = fileURLToPath(new URL('../../cluster/cluster', import.meta.url));
const exec = (...words: readonly string[]): string => execFileSync(cluster, ['exec', '--', ...words]).toString();
const home = exec('sh', '-c', 'echo $HOME').trim();
const directory = mkdtempSync(join(home, 'inspect-'));
const nonce = 'c0ffee11c0ffee11c0ffee11c0ffee11';
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('one companion step brings the facts of every node and the ranks of the other steps; a node tells its own fingerprints', async () => {
  execFileSync('chown', ['--reference', home, directory]);
  const collector = join(directory, 'collector.sh');
  writeFileSync(
    collector,
    renderCollector(await loadCollectorTemplates(realFiles), { nonce, probes, ranksLimitSeconds: 60 }),
  );
  const script = join(directory, 'fingerprint.sh');
  writeFileSync(script, renderFingerprintScript(await loadFingerprintTemplates(realFiles), { probes }));
  const job = [
    '#!/bin/sh',
    `srun --overlap -N2 -n2 sh ${collector} ${directory} facts ranks &`,
    'companion=$!; sleep 1',
    'ASSAY_CASE=wait srun --overlap -N2 -n4 sleep 2',
    `touch ${directory}/stop; wait $companion`,
    `srun -N2 -n2 -o ${directory}/%N.prints sh ${script} || true`,
  ];
  writeFileSync(join(directory, 'job.sh'), `${job.join('\n')}\n`);
  const submit = [
    'exec',
    '--',
    'sbatch',
    '--wait',
    '-N2',
    '--ntasks-per-node=2',
    '-t',
    '2',
    '-o',
    '/dev/null',
    join(directory, 'job.sh'),
  ];
  expect(spawnSync(cluster, submit, { encoding: 'utf8', timeout: 120_000 })).toMatchObject({ status: 0 });

  const names = execFileSync('ls', [directory])
    .toString()
    .split('\n')
    .filter((name) => name.endsWith('.facts'));
  expect(names).toHaveLength(2);
  const nodes = names.map((name) => name.replace(/\.facts$/, ''));
  const facts = nodes.map((node) =>
    readFacts(readFileSync(join(directory, `${node}.facts`), 'utf8'), { nonce, probes, node }),
  );
  for (const each of facts) {
    expect(factValue(each, 'mpi', 'plugins')).toContain('pmix');
    expect(factValue(each, 'system', 'slurmd-nodename')).toBe(each.node);
    const prints = fingerprintsOf(each, probes);
    expect(prints.filter((print) => 'digest' in print).map(({ name }) => name)).toEqual(fingerprintNames);
    expect(
      readFileSync(join(directory, `${each.node}.prints`), 'utf8')
        .trimEnd()
        .split('\n'),
    ).toEqual(prints.map((print) => `${print.name} ${'digest' in print ? print.digest : ''}`));
  }
  expect(deviationsAmong(facts, probes)).toEqual([]);

  const ranks = nodes.map((node) => readRanks(readFileSync(join(directory, `${node}.ranks`), 'utf8'), nonce, node));
  for (const each of ranks) expect(each).toMatchObject({ ended: 'stop', problems: [] });
  const seen = ranks.flatMap((each) => each.ranks);
  expect(seen.map((rank) => rank.rank).sort()).toEqual([0, 1, 2, 3]);
  expect(new Set(seen.map((rank) => rank.node))).toEqual(new Set(nodes));
  for (const rank of seen)
    expect(rank).toMatchObject({ case: 'wait', executable: expect.stringMatching(/sleep|coreutils/) });
});
