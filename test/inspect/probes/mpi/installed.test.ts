import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Probe } from '../../../../src/inspect/probe.ts';
import { describedPrograms, installedAsks, installedRows } from '../../../../src/inspect/probes/mpi/installed.ts';
import { readFacts } from '../../../../src/inspect/read-collected.ts';
import { captured, damaged, read, short } from '../../answering.ts';
import { nonce, plant, rendered, run, scratch, shells } from '../../scratch-collector.ts';

const probe: Probe = {
  name: 'installed',
  asks: installedAsks,
  fingerprints: {},
  ownKeys: [],
  read: () => [],
  readSlow: installedRows,
};

const fixtures = {
  'open-mpi': captured('openmpi/4.1.4/ompi_info-parsable.txt'),
  mpich: captured('mpich/4.0.2/mpichversion.txt'),
  pmix: captured('pmix/4.2.2/pmix_info-parsable.txt'),
  launchers: captured('openmpi/4.1.4/mpirun-version.txt'),
};
const found = (path: string, text: string, status = 0) => `\n# found ${path}\n${text}\n# status ${status}\n`;

describe('installed MPI', () => {
  test('each program found is described under the folder it lies in', () => {
    const facts = read(
      probe,
      {
        'open-mpi': found('/usr/bin/ompi_info', fixtures['open-mpi']) + found('/opt/x/bin/ompi_info', 'broken', 127),
        mpich: '',
      },
      'slow',
    );
    expect(facts['open-mpi:/usr/bin']).toEqual({
      value: '4.1.4, MPI 3.1.0, ABI ompi',
      source: '/usr/bin/ompi_info --parsable',
    });
    expect(facts['open-mpi:/opt/x/bin']).toMatchObject({ unknown: 'error', why: expect.stringContaining('broken') });
    expect([short(facts.mpich), short(facts.pmix)]).toEqual(['none', '?absent']);
  });
  test('a program that did not end is not described by the half it said', () => {
    expect(describedPrograms(`${found('/a/x', 'one')}\n# found /b/x\nompi:version:full:4`)).toEqual([
      { path: '/a/x', status: 0, text: 'one' },
    ]);
  });
  test.each(Object.entries(fixtures))('damaged answers to %s never throw', (id, text) => {
    for (const bytes of damaged(found('/usr/bin/x', text), 300))
      for (const fact of Object.values(read(probe, { [id]: bytes }, 'slow')))
        expect('value' in fact ? fact.value.includes('\n') : fact.why === '').toBe(false);
  });
});

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))('installed MPI under $name', ({ shell }) => {
  test('every program on PATH, each file once, also behind links; one that fails spoils no other', async () => {
    const place = scratch();
    const [first, second] = [join(place, 'first bin'), join(place, 'second')];
    plant(first, 'ompi_info', 'echo "words $*"; echo ompi:version:full:4.1.6; echo unwanted');
    plant(second, 'ompi_info', 'echo cannot >&2; exit 7');
    mkdirSync(join(place, 'third'));
    symlinkSync(join(first, 'ompi_info'), join(place, 'third', 'ompi_info'));
    const env = { PATH: [first, second, join(place, 'third'), process.env.PATH].join(':') };
    const collector = await rendered(place, { probes: [probe] });
    const { stdout, stderr } = await run(shell, [collector, '-', 'facts', 'slow'], { env });
    expect(stderr).toBe('');
    const facts = readFacts(stdout, { nonce, probes: [probe], slow: true }).groups.installed ?? {};
    expect(short(facts[`open-mpi:${first}`])).toBe('4.1.6, MPI ?, ABI ompi');
    expect(facts[`open-mpi:${second}`]).toMatchObject({
      unknown: 'error',
      why: expect.stringMatching(/status 7: cannot/),
    });
    expect(facts).not.toHaveProperty([`open-mpi:${join(place, 'third')}`]);
  });
});
