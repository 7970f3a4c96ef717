#!/usr/bin/env node
/**
 * `npm run bench [-- --quick] [-- --peers]`: what Assay costs, as ratios against a bare command or a peer in the same run.
 * `--facts` measures the facts of all nodes alone, for a cluster that was brought up with many. Prints a table; `bench/results.json` keeps the figures, and `docs/performance.md` is written from them.
 */
import { writeFileSync } from 'node:fs';
import { facts } from './facts.js';
import { assay, asTester, image, memory, prepare, site, suiteOf } from './login.js';
import { nodes } from './nodes.js';
import { peers } from './peers.js';
import { factsTable, report } from './report.js';
import { steps } from './steps.js';
import { paired, spread, timed } from './timing.js';

const quick = process.argv.includes('--quick');
const say = (text) => process.stderr.write(`bench: ${text}\n`);

prepare();
if (process.argv.includes('--facts')) {
  process.stdout.write(factsTable(facts(5)));
  process.exit();
}
say('start-up');
const start = paired(
  quick ? 5 : 21,
  () => timed([process.execPath, 'dist/cli/main.js', '--version']).wall,
  () => timed([process.execPath, '-e', '0']).wall,
);
say('plan of 10,000 cases');
const planWords = [assay, 'plan', suiteOf(10_000), '--image', image, '--site', site];
const planned = Array.from({ length: quick ? 2 : 5 }, () => timed(asTester(...planWords)).wall);
const megabytes = Array.from({ length: quick ? 1 : 3 }, () => memory(planWords));
say('1,000 nodes');
const answers = nodes(1000, quick ? 1 : 5);
say('facts of all nodes');
const inspected = facts(quick ? 1 : 5);
say('200 cases');
const few = steps(200, quick ? 1 : 5);
say('2,000 cases');
const many = quick ? undefined : steps(2000, 2);
say('peers');
const others = process.argv.includes('--peers') ? peers(200, 10_000) : undefined;
const results = {
  date: new Date().toISOString().slice(0, 10),
  start,
  plan: { cases: 10_000, seconds: spread(planned), megabytes: spread(megabytes) },
  answers,
  facts: inspected,
  few,
  many,
  peers: others,
};
writeFileSync('bench/results.json', `${JSON.stringify(results, null, 2)}\n`);
const text = report(results);
if (!quick) writeFileSync('docs/performance.md', text);
process.stdout.write(process.argv.includes('--json') ? `${JSON.stringify(results)}\n` : text);
