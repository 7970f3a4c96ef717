import { expect, test } from 'vitest';
import { environment } from '../../../src/inspect/probes/environment.ts';
import { read, short } from '../answering.ts';

test('loaded modules in order, and what loads them', () => {
  // Composed from the documentation of Lmod 8.7: LOADEDMODULES and _LMFILES_ are lists with colons.
  const facts = read(environment, {
    variables:
      'LOADEDMODULES=gcc/12.2.0:openmpi/4.1.4\n_LMFILES_=/m/gcc/12.2.0.lua:/m/openmpi/4.1.4.lua\nLMOD_VERSION=8.7.18\n',
  });
  expect([short(facts.modules), short(facts['module-files']), short(facts['module-system'])]).toEqual([
    'gcc/12.2.0 openmpi/4.1.4',
    '/m/gcc/12.2.0.lua /m/openmpi/4.1.4.lua',
    'Lmod 8.7.18',
  ]);
  expect(short(read(environment, { variables: '' }).modules)).toBe('none');
  expect(short(read(environment, { variables: { unknown: 'timeout' } }).modules)).toBe('?timeout');
});

test('variables that matter, none that is another in the next step, no secret', () => {
  const facts = read(environment, {
    variables:
      'OMPI_MCA_btl=^openib\nOMPI_COMM_WORLD_RANK=3\nPMIX_NAMESPACE=slurm.pmix.7.0\nPMIX_SERVER_URI4=pmix-server;tcp4://10.0.0.1:4\nUCX_IB_PKEY=0x8001\nNGC_API_KEY=hunter2\nUCX_PROXY=http://u:hunter2@h/\nOMP_PROC_BIND=\n',
  });
  expect(
    Object.fromEntries(
      Object.entries(facts)
        .slice(3)
        .map(([key, fact]) => [key, short(fact)]),
    ),
  ).toEqual({
    NGC_API_KEY: '***',
    OMPI_MCA_btl: '^openib',
    OMP_PROC_BIND: 'empty',
    UCX_IB_PKEY: '0x8001',
    UCX_PROXY: 'http://***@h/',
  });
  expect(JSON.stringify(facts)).not.toContain('hunter2');
});
