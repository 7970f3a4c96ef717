import { expect, test } from 'vitest';
import type { PreflightFinding } from '../../src/preflight/finding.ts';
import { preflightText } from '../../src/report/preflight-view.ts';

const findings: readonly PreflightFinding[] = [
  { check: 'os', outcome: 'ok', message: 'the image is for Linux', evidence: ['image: linux'], hint: '' },
  { check: 'gpu', outcome: 'cannot-tell', message: 'not known', evidence: [], hint: 'take facts' },
  { check: 'pmi', outcome: 'will-fail', message: 'it\x1b[31m will\nabort', evidence: ['a', 'b'], hint: 'use pmix' },
];

test('the worst first, evidence and hint below, each safe and on one line', () => {
  expect(preflightText(findings)).toBe(`will fail    pmi           it will abort
               a
               b
             hint: use pmix
cannot tell  gpu           not known
             hint: take facts
ok           os            the image is for Linux
               image: linux
`);
});
