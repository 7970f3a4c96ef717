import { expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { compareRuns } from '../../src/compare/compare.ts';
import { comparisonText } from '../../src/report/comparison-view.ts';
import type { RunRecord } from '../../src/store/run-record.ts';
import { fullRecord } from '../store/record.ts';

const one = fullRecord();

test('two runs of the same say so', () => {
  const text = comparisonText(compareRuns(one, fullRecord()));
  expect(text).toContain('\nnothing differs in causes\n0 differ, ');
  expect(text).toContain('results equal, none differ\n');
  expect(text).not.toContain('CAUSE ');
});

test('causes and effects are rows, digests are short, and nothing hostile is drawn', () => {
  const other: RunRecord = {
    ...one,
    image: { ...one.image, digest: digestOf('new') },
    cases: one.cases.map((row) =>
      row.environment ? { ...row, environment: { ...row.environment, EVIL: 'a\r\x1b[2K\u202eb\nc', EMPTY: 'x' } } : row,
    ),
    observations: one.observations.map((row) => (row.better ? { ...row, number: 2 } : row)),
  };
  const text = comparisonText(compareRuns(one, other));
  expect(text).toMatch(/^CAUSE +WHAT +A +B +WHERE$/m);
  expect(text).toMatch(/^image +digest +[0-9a-f]{12} +[0-9a-f]{12}$/m);
  expect(text).toMatch(/^environment +EMPTY +"" +x$/m);
  expect(text).toMatch(/^environment +EVIL +– +a b c$/m);
  expect(text).toMatch(/^metric +lammps\/melt ranks=2 +tiny .* worse$/m);
  expect(text).toContain('assay history tiny');
});

test('long lists are cut unless all is asked for', () => {
  const packages = Array.from({ length: 50 }, (_, index) => ({ manager: 'dpkg', name: `p${index}`, version: '1' }));
  const comparison = compareRuns(one, {
    ...one,
    image: { ...one.image, packages: [...one.image.packages, ...packages] },
  });
  expect(comparison.counts.differ).toBe(50);
  expect(comparisonText(comparison)).toContain('… and 42 of package more (--all)');
  expect(comparisonText(comparison, true).match(/^package /gm)).toHaveLength(50);
});

test('what is hidden or not known is shown with all', () => {
  const facts = [...one.facts, { node: 'n1', group: 'kernel', key: 'boot-id', value: 'b', source: 's' }];
  const had = { ...one, facts: facts.map((row) => (row.key === 'boot-id' ? { ...row, value: 'a' } : row)) };
  const comparison = compareRuns(had, { ...one, facts });
  expect(comparisonText(comparison)).toContain('1 volatile hidden, 1 not known in both\n');
  expect(comparisonText(comparison)).not.toContain('kernel.boot-id');
  expect(comparisonText(comparison, true)).toMatch(/hidden:\n.*\nkernel +kernel\.boot-id +a +b/);
});
