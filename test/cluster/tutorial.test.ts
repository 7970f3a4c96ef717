/** Every command of the tutorial, run as a reader would paste it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('works from the first command to the last', () => {
  const text = readFileSync('docs/tutorial.md', 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
  expect(blocks.length).toBeGreaterThan(6);
  const answer = spawnSync('bash', ['-e', '-c', blocks.join('\n')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect({
    status: answer.status,
    said: answer.status === 0 ? '' : answer.stderr.slice(-2000) + answer.stdout.slice(-2000),
  }).toEqual({ status: 0, said: '' });
  expect(answer.stdout).toContain('counting/count nodes=4 ranks=4');
  expect(answer.stdout).toContain('PROMOTE');
  expect(answer.stdout).toContain('verified: registry:5000/assay/blessed tutorial');
  expect(answer.stdout).toContain('was changed after the run wrote it down');
}, 300_000);
