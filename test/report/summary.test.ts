import { expect, test } from 'vitest';
import { codeSpan } from '../../src/report/markdown-text.ts';
import { renderSummary, summaryView } from '../../src/report/summary.ts';
import type { RunRecord } from '../../src/store/run-record.ts';
import { realFiles } from '../../src/system/files.ts';
import { caseRow, fullRecord } from '../store/record.ts';

test('the summary names image, digest, site, nodes, verdicts, what failed first, and the logs', async () => {
  const view = summaryView(fullRecord(), (name) => (name.includes('ranks=2') ? 'a1/melt/stdout' : undefined));
  expect(await renderSummary(realFiles, view)).toMatchInlineSnapshot(`
    "## Assay: rejected

    Run \`r-20260301-1200-ab12\`: a case failed, or left evidence that proves nothing. 1 fail, 1 skip.

    | | |
    |---|---|
    | Image | \`registry.example.org/code:1\` |
    | Digest | \`sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f\` |
    | MPI in the image | \`openmpi (libmpi.so.40)\` |
    | Site | \`example\` |
    | Nodes | 2: \`n1\`, \`n2\` |
    | Suites | \`lammps\` |
    | Started | \`2026-03-01T12:00:00.250Z\` |
    | Took | 5 min 0 s |
    | Commit | \`c0ffee (main)\` |

    ### What did not pass

    - **fail** \`lammps/melt ranks=2\`: \`energy: off by 1e-3\`
      - fail \`energy\`: \`-2.280 is not -2.281 within 1e-6\`
      - output: \`a1/melt/stdout\`

    ### Cases

    | Case | Verdict | Nodes / ranks | Time |
    |---|---|---|---|
    | \`lammps/melt ranks=2\` | fail | 2 / 2 | 12.3 s |
    | \`lammps/melt ranks=4\` | skip | 2 / 2 | – |

    Logs and everything else of this run are in \`/scratch/runs/r-20260301-1200-ab12\`.
    "
  `);
});

const hostile = [
  '](https://evil.example) ![x](https://evil.example/x.png)',
  '`code` ends | here \\| and here \\',
  '<script>alert(1)</script><img src=x onerror=y>',
  '\n\n/merge\n\n@all #1 !2',
  'FAIL\rpass \x1b[2K\x1b]0;t\x07 \u202eevil',
  '{{constructor}} {{{x}}}',
  'evil | evil \\| evil \\',
  '\ud83d lone',
];

test.each(hostile)('hostile text stays inside its place: %j', async (text) => {
  const base = fullRecord();
  const record: RunRecord = {
    ...base,
    run: { ...base.run, id: text, directory: text, site: text },
    image: { ...base.image, name: text, mpiVersion: text },
    cases: [caseRow(text, { verdict: 'fail', reason: text }), caseRow('plain')],
    findings: [{ case: text, check: text, kind: text, verdict: 'fail', message: text }],
  };
  const markdown = await renderSummary(
    realFiles,
    summaryView(record, () => text),
  );
  const plain = await renderSummary(
    realFiles,
    summaryView(
      {
        ...record,
        cases: [caseRow('x', { verdict: 'fail' }), caseRow('plain')],
        findings: [{ case: 'x', check: 'c', kind: 'k', verdict: 'fail', message: 'm' }],
      },
      () => 'p',
    ),
  );
  // The same lines as harmless text gives, and nothing outside code.
  expect(markdown.split('\n')).toHaveLength(plain.split('\n').length);
  expect(markdown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
  const outside = markdown.replace(/`[^`\n]*`/g, '').replace(/<code>[^<\n]*<\/code>/g, '');
  for (const sign of ['evil', 'script', 'merge', '@all', 'constructor', 'lone', '<', '`', '\\'])
    expect(outside).not.toContain(sign);
  for (const line of markdown.split('\n').filter((one) => one.startsWith('|')))
    expect(line.match(/\|/g)?.length).toBe(
      /^\|[ -]/.test(line) && markdown.indexOf(line) > markdown.indexOf('### Cases') ? 5 : 3,
    );
});

test('a code span shows exactly the text, in either form', () => {
  const shown = (span: string): string =>
    span.startsWith('`')
      ? span.slice(1, -1)
      : span.slice(6, -7).replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
  for (const text of ['plain', 'a `b` c', 'a|b\\|c', '&amp; <b>', "it's", '日本語 |'])
    expect(shown(codeSpan(text))).toBe(text);
  expect(codeSpan('')).toBe('–');
});

test('a summary of thousands of failures is cut, and says what is left out', async () => {
  const names = Array.from({ length: 5000 }, (_, index) => `s/t n=${index}`);
  const record: RunRecord = {
    ...fullRecord(),
    cases: names.map((name, index) =>
      caseRow(name, { verdict: index % 2 === 0 ? 'fail' : 'pass', reason: 'r'.repeat(9000) }),
    ),
    findings: names.flatMap((name) =>
      Array.from({ length: 9 }, (_, index) => ({
        case: name,
        check: `c${index}`,
        kind: 'k',
        verdict: 'fail' as const,
        message: 'm'.repeat(9000),
      })),
    ),
    observations: [],
    ranks: [],
    files: [],
  };
  const markdown = await renderSummary(realFiles, summaryView(record));
  expect(Buffer.byteLength(markdown)).toBeLessThan(150_000);
  expect(markdown).toContain('… and 2470 more cases that did not pass.');
  expect(markdown).toContain('… and 4 more findings.');
  expect(markdown).toContain('… and 4900 more cases (2400 fail, 2500 pass).');
});
