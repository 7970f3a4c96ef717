/** A thousand nodes' answers, made of this machine's: how long parsing, fingerprints and the report of uniformity take. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spread, timed } from './timing.js';

const nonce = '0'.repeat(32);

const program = (count) => `
import { readFileSync } from 'node:fs';
import { readFacts } from './read.js';
import { probes } from './probes.js';
import { uniformityOf } from './uniformity.js';
import { uniformityText } from './view.js';
const text = readFileSync(process.argv[2], 'utf8');
const nodes = Array.from({ length: ${count} }, (_, index) => {
  const node = 'node' + (index + 1);
  const own = text.replace(/^(assay-begin \\S+ 1 ).*$/m, '$1' + node);
  // One in a hundred is cut in its middle.
  return readFacts(index % 100 === 99 ? own.slice(0, own.length / 2) : own, { nonce: '${nonce}', probes, node });
});
const report = uniformityText(uniformityOf(nodes, probes));
console.log(JSON.stringify({ lines: report.split('\\n').length, megabytes: (process.resourceUsage().maxRSS * 1024) / 1e6 }));
`;

/** Seconds and memory, for so many nodes and rounds. */
export function nodes(count, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  try {
    execFileSync('node', [
      ...[
        '.ci/bundle.js',
        join(folder, 'dist'),
        'read=src/inspect/read-collected.ts',
        'probes=src/inspect/probes/index.ts',
      ],
      ...['uniformity=src/inspect/comparison/uniformity.ts', 'view=src/report/uniformity-view.ts'],
    ]);
    const script = execFileSync('node', ['dist/cli/main.js', 'inspect', '--script']);
    const text = execFileSync('sh', ['-s', '--', '-', 'facts'], { input: script, maxBuffer: 1 << 28 });
    const [answers, main] = [join(folder, 'answers'), join(folder, 'dist/nodes.mjs')];
    writeFileSync(answers, text);
    writeFileSync(main, program(count));
    const runs = Array.from({ length: rounds }, () => timed(['node', main, answers]));
    return {
      nodes: count,
      bytes: text.length,
      seconds: spread(runs.map((run) => run.wall)),
      megabytes: spread(runs.map((run) => JSON.parse(run.stdout).megabytes)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
