/** The guides that a reader can paste into a shell, each run in a shell of its own. */
import { beforeAll, describe, expect, it } from 'vitest';
import { patternOf, runSteps, type StepResult, stepsOf } from './guide.ts';

/** Each guide, and the least of its blocks: how many there are, show output, and should fail. */
const guides = [
  { file: 'docs/tutorial.md', blocks: 11, showing: 9, failing: 3 },
  { file: 'docs/guide-scientist.md', blocks: 6, showing: 4, failing: 1 },
  { file: 'docs/guide-administrator.md', blocks: 10, showing: 7, failing: 2 },
  { file: 'docs/guide-pipeline.md', blocks: 4, showing: 4, failing: 0 },
] as const;

describe.each(guides)('$file', ({ file, blocks, showing, failing }) => {
  const steps = stepsOf(file);
  let results: readonly StepResult[] = [];

  beforeAll(() => {
    results = runSteps(steps);
  }, 280_000);

  it('has its blocks read', () => {
    expect(steps.length).toBeGreaterThanOrEqual(blocks);
    expect(steps.filter((step) => step.shown.length > 0).length).toBeGreaterThanOrEqual(showing);
    expect(steps.filter((step) => step.exit !== 0).length).toBeGreaterThanOrEqual(failing);
  });

  it.each(steps.map((step, index) => ({ ...step, index, first: step.commands.split('\n')[step.exit === 0 ? 0 : 1] })))(
    'block $index does what it says: $first',
    ({ exit, shown, index }) => {
      const { status, said } = results[index] ?? { status: undefined, said: '' };
      expect({ status, said: status === String(exit) ? '' : said.slice(-3000) }).toEqual({
        status: String(exit),
        said: '',
      });
      for (const line of shown) expect(said).toMatch(patternOf(line));
    },
  );
});
