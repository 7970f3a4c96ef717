/** Times commands as whole processes, alternately, so that a noisy machine is noisy to both. */
import { spawnSync } from 'node:child_process';

/**
 * Runs a command once. Seconds of wall clock and of processor time (its own and its children's), by bash's `time`.
 * @param {readonly string[]} words
 * @returns {{ wall: number, cpu: number, stdout: string }}
 */
export function timed(words) {
  const script = 'TIMEFORMAT="bench-time %R %U %S"; time "$@"';
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const [, wall, user, system] = /bench-time ([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(stderr) ?? [];
  if (status !== 0 || wall === undefined)
    throw new Error(`${words.join(' ')} ended with ${status}: ${stderr.slice(-2000)}`);
  return { wall: Number(wall), cpu: Number(user) + Number(system), stdout };
}

/**
 * Median and quartiles, by linear interpolation.
 * @param {readonly number[]} values
 */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => {
    const place = share * (sorted.length - 1);
    const low = sorted[Math.floor(place)] ?? Number.NaN;
    return low + (place % 1) * ((sorted[Math.ceil(place)] ?? low) - low);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75), runs: sorted.length };
}

/**
 * Calls two measurements alternately; gives the spread of each and of their ratio, pair by pair.
 * @param {number} rounds
 * @param {() => number} ours
 * @param {() => number} theirs
 */
export function paired(rounds, ours, theirs) {
  const [a, b] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    // The order changes from round to round: neither always finds the machine as the other left it.
    if (round % 2 === 0) a.push(ours());
    b.push(theirs());
    if (round % 2 === 1) a.push(ours());
  }
  return { ours: spread(a), theirs: spread(b), ratio: spread(a.map((value, index) => value / b[index])) };
}
