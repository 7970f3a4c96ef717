/** Facts of every node of the cluster, however many it has: `assay inspect` against a bare srun of the same script. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assay, asTester, folder, site, tester } from './login.js';
import { paired, timed } from './timing.js';

/** Seconds of both, on all nodes that sinfo counts. */
export function facts(rounds) {
  const count = Number(tester('sinfo', '--noheader', '--format=%D').trim());
  const [own, script, answers] = ['facts.yaml', 'collector.sh', 'answers'].map((name) => join(folder, name));
  writeFileSync(own, readFileSync(site, 'utf8').replace('nodes: 4', `nodes: ${count}`), { mode: 0o644 });
  writeFileSync(script, tester(assay, 'inspect', '--script'), { mode: 0o644 });
  tester('mkdir', answers);
  const bare = ['srun', `-N${count}`, `-n${count}`, 'sh', script, answers, 'facts', 'slow'];
  const ours = [assay, 'inspect', '--nodes', String(count), '--site', own, '--json'];
  return {
    nodes: count,
    ...paired(
      rounds,
      () => timed(asTester(...ours)).wall,
      () => timed(asTester(...bare)).wall,
    ),
  };
}
