/** Trivial cases on the cluster: Assay's run against a bare job script of the same steps in the same lanes. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assay, asTester, calls, folder, image, site, suiteOf, tester } from './login.js';
import { spread, timed } from './timing.js';

/** Seconds between the oldest and the newest of these files of every step. */
function window(directory, first, last) {
  const times = (name) => readdirSync(directory).map((step) => statSync(join(directory, step, name)).mtimeMs / 1000);
  return Math.max(...times(last)) - Math.min(...times(first));
}

/** The job script of a run, cut down to its steps: the same words in the same lanes, and nothing of ours around them. */
function bareScript(jobScript, directory) {
  const lines = readFileSync(jobScript, 'utf8').split('\n');
  const body = lines.slice(lines.indexOf('lanes='), lines.findIndex((line) => line.startsWith('wait $lanes')) + 1);
  const bare = body.map((line) =>
    line.replace(/^ {2}step (\d+) \d+ (.*)$/, `  $2 >${directory}/$1.out 2>${directory}/$1.err </dev/null`),
  );
  return ['#!/bin/sh', `: >${directory}/begin`, ...bare, `: >${directory}/end`, ''].join('\n');
}

/** One run of Assay: seconds of the steps, of the whole, of its own processor; and the calls it made. */
function ours(suite) {
  const before = calls();
  const whole = timed(asTester(assay, 'run', suite, '--image', image, '--site', site, '--fresh', '--json'));
  const after = calls();
  const { directory } = JSON.parse(whole.stdout);
  return {
    directory,
    steps: window(join(directory, 'allocations/a1/steps'), 'begun', 'status'),
    whole: whole.wall,
    processor: whole.cpu,
    controller: after.controller - before.controller,
    accounting: after.accounting - before.accounting,
  };
}

/** The bare loop: seconds from the first step's start to the last one's end, of the whole job, and the calls made. */
function bare(run) {
  const directory = join(folder, 'bare');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const script = join(folder, 'bare.sh');
  writeFileSync(script, bareScript(join(run, 'allocations/a1/steps.sh'), directory), { mode: 0o755 });
  execFileSync('chown', ['-R', 'tester:', directory, script]);
  const before = calls();
  const started = Date.now() / 1000;
  // Not `sbatch --wait`: it looks every ten seconds and costs calls of its own.
  const asked = ['--nodes=4', '--exclusive', '--mem=0', '--time=12:00:00', '--output=/dev/null'];
  tester('env', 'SLURM_EXIT_ERROR=250', 'sbatch', '--parsable', ...asked, script);
  while (!existsSync(join(directory, 'end'))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  const whole = Date.now() / 1000 - started;
  const after = calls();
  const at = (name) => statSync(join(directory, name)).mtimeMs / 1000;
  return { steps: at('end') - at('begin'), whole, controller: after.controller - before.controller };
}

/**
 * So many cases, so many rounds, alternately.
 * @param {number} count
 * @param {number} rounds
 */
export function steps(count, rounds) {
  const suite = suiteOf(count);
  const [a, b] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const run = ours(suite);
    a.push(run);
    b.push(bare(run.directory));
    tester('rm', '-rf', run.directory);
  }
  const ratio = (of) => spread(a.map((one, index) => of(one) / of(b[index])));
  const each = (of) => spread(a.map(of));
  return {
    cases: count,
    steps: {
      ours: each((one) => one.steps),
      bare: spread(b.map((one) => one.steps)),
      ratio: ratio((one) => one.steps),
    },
    whole: {
      ours: each((one) => one.whole),
      bare: spread(b.map((one) => one.whole)),
      ratio: ratio((one) => one.whole),
    },
    fixedSeconds: each((one) => one.whole - one.steps),
    processorMillisecondsPerCase: each((one) => (1000 * one.processor) / count),
    // The bare loop's calls are those that its steps cost; what is beyond them is ours.
    controllerCallsPerCase: spread(a.map((one, index) => (one.controller - b[index].controller) / count)),
    accountingCalls: each((one) => one.accounting),
  };
}
