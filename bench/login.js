/** The development cluster as the benchmarks use it: commands on its login node, and a site of their own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const shared = '/var/lib/assay-cluster/shared';
export const assay = `${shared}/opt/assay/bin/assay`;
export const folder = `${shared}/home/tester/bench`;
export const site = `${folder}/site.yaml`;
export const image = 'registry:5000/assay/candidate:demo';

/** The words that run a command on the login node as the ordinary user. */
export const asTester = (...words) => ['cluster/cluster', 'exec', '--user', 'tester', '--', ...words];

/** Runs one there and gives what it prints. */
export function tester(...words) {
  const [program = '', ...rest] = asTester(...words);
  return execFileSync(program, rest, { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The most memory a command held at a time, in MB (getrusage(2), ru_maxrss). */
export function memory(words) {
  const script = `import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)`;
  return (Number(tester('python3', '-c', script, ...words)) * 1024) / 1e6;
}

/** Makes the folder anew, with a site whose allocations may be long enough for thousands of cases. */
export function prepare() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const text = readFileSync('sites/cluster.yaml', 'utf8')
    .replace('~/assay/runs', `${folder}/runs`)
    .replace('~/assay/assay.db', `${folder}/assay.db`)
    .replace('../../../registry', `${shared}/registry`)
    .replace('time_limit: 30min', 'time_limit: 12h');
  writeFileSync(site, text);
  execFileSync('chown', ['-R', 'tester:', folder]);
}

/** A suite of so many trivial cases, one rank each: every pair of two parameters of ten and count / 10 values. */
export function suiteOf(count) {
  const directory = join(folder, `cases-${count}`);
  mkdirSync(directory, { recursive: true });
  const numbers = (length) => Array.from({ length }, (_, index) => index).join(', ');
  writeFileSync(
    join(directory, 'suite.yaml'),
    `suite: cases-${count}
tests:
  trivial:
    parameters: { product: { n: [${numbers(count / 10)}], m: [${numbers(10)}] } }
    geometry: { nodes: 1, ranks: 1 }
    time_limit: 10s
    command: [echo, "value={{n}}"]
    observations: { value: { parser: keyvalue, key: value, unit: "1" } }
    checks: { right: { kind: equals, of: value, expect: "{{n}}", why: It was asked for. } }
`,
  );
  return directory;
}

/** RPCs that slurmctld and slurmdbd have counted for the user, ever (sdiag(1), sacctmgr(1)). */
export function calls() {
  const of = (text) => Number(/^\s*tester\s.*?count:(\d+)/m.exec(text)?.[1] ?? 0);
  const byUser = (text) => text.slice(text.search(/by user/i));
  return {
    controller: of(byUser(tester('sdiag'))),
    accounting: of(
      byUser(
        execFileSync('cluster/cluster', ['exec', '--user', 'root', '--', 'sacctmgr', 'show', 'stats'], {
          encoding: 'utf8',
        }),
      ),
    ),
  };
}
