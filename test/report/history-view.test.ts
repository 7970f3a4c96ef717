import { expect, test } from 'vitest';
import { historyText } from '../../src/report/history-view.ts';
import { sparkline } from '../../src/report/number-text.ts';

test('a history has its plot, its spread, and a row for each run', () => {
  const value = (run: string, number: number) => ({
    run,
    startedAt: '2026-03-01T12:00:00.000Z',
    outcome: 'accepted',
    image: 'i',
    digest: `sha256:${'ab'.repeat(32)}`,
    kernels: ['6.1.0'],
    case: 'c',
    verdict: 'pass',
    value: number,
    unit: '1/s',
  });
  const spread = { count: 2, median: 150, mad: 50, least: 100, most: 200 };
  const values = [value('r1', 100), value('r2', 200)];
  const text = historyText([{ metric: 'rate', case: 'c', unit: '1/s', better: 'higher', values, spread }]);
  expect(text).toMatchInlineSnapshot(`
    "rate of c (higher is better)
    ▁█  100 to 200 1/s
    median 150 1/s, MAD 50 1/s, 2 values
    RUN  STARTED               OUTCOME   VERDICT  DIGEST        KERNEL  VALUE    FROM MEDIAN
    r1   2026-03-01T12:00:00Z  accepted  pass     abababababab  6.1.0   100 1/s  -33.3 %
    r2   2026-03-01T12:00:00Z  accepted  pass     abababababab  6.1.0   200 1/s  +33.3 %
    "
  `);
});

test('a sparkline goes from the least to the most', () => {
  expect(sparkline([0, 7, 3.5, 1])).toBe('▁█▅▂');
  expect(sparkline([5, 5])).toBe('▄▄');
  expect(sparkline([])).toBe('');
});
