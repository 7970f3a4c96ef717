import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { saidTransport } from '../../src/observe/said-transport.ts';

const captures = '../shared/captures';
const said = (path: string) => saidTransport([readFileSync(join(captures, path), 'utf8')]);

test('Intel MPI names its libfabric provider', () => {
  expect(said('imb/pkb-debug.txt')).toEqual(['Intel MPI by libfabric: tcp;ofi_rxm']);
});

test.each(['imb', 'osu', 'openmpi', 'hpl', 'lammps'])(
  'of all outputs in %s nothing throws, and what is said is one line',
  (folder) => {
    for (const name of readdirSync(join(captures, folder)))
      for (const text of said(join(folder, name))) expect(text).toMatch(/^[A-Z][^\n]*: \S[^\n]*$/);
  },
);
