import { describe, expect, it } from 'vitest';
import { lastWords } from '../../src/observe/last-words.ts';

describe('lastWords', () => {
  it('quotes few lines whole, each once', () => {
    expect(lastWords('\n')).toBe('');
    expect(lastWords('ch-run: error: no such image\nch-run: error: no such image\nsrun: task 0: 1\n')).toBe(
      'ch-run: error: no such image | srun: task 0: 1',
    );
  });

  it('takes the first line that speaks of a fault, and the last', () => {
    const noise = ['starting', 'reading input', 'step 1', 'step 2'].join('\n');
    expect(lastWords(`${noise}\nERROR: lost atoms\nMPI_ABORT\nsrun: error: node3: task 5: Killed\n`)).toBe(
      'ERROR: lost atoms | srun: error: node3: task 5: Killed',
    );
  });

  it('shows nothing that would move a cursor, and stays short', () => {
    const said = lastWords(`\x1b[2Jerror ${'x'.repeat(5000)}\nb\nc\nd`);
    expect(said).not.toContain('\x1b');
    expect(said.length).toBeLessThan(405);
  });
});
