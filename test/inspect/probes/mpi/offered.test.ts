import { describe, expect, test } from 'vitest';
import { mpi } from '../../../../src/inspect/probes/mpi/mpi.ts';
import { mpiModules } from '../../../../src/inspect/probes/mpi/offered.ts';
import { captured, damaged, read, short } from '../../answering.ts';

const lmod = captured('lmod/8.6.19/avail.txt');
const names = ['intel-mpi/2021.12', 'mpich/4.0.2', 'openmpi/4.1.4', 'openmpi/5.0.11'];

describe('modules that offer an MPI', () => {
  test('as both module systems list them', () => {
    expect(mpiModules(lmod)).toEqual(names);
    expect(mpiModules(captured('environment-modules/5.2.0/avail.txt'))).toEqual(names);
  });
  test('Cray’s, and those of a hierarchy; a library that only has mpi in its name is none', () => {
    expect(mpiModules('cray-mpich/8.1.28(default)\nmpi/OpenMPI/4.1.5-GCC-12.3.0\nmpi4py/3.1\nhdf5-mpi/1.14\n')).toEqual(
      ['cray-mpich/8.1.28', 'mpi/OpenMPI/4.1.5-GCC-12.3.0'],
    );
  });
  test('without a module system it is not known which there are', () => {
    expect(short(read(mpi, { modules: { status: 3, text: '' } }, 'slow').modules)).toBe('?absent');
    expect(short(read(mpi, { modules: 'gcc/12\n' }, 'slow').modules)).toBe('none');
    const broken = { status: 127, text: 'sh: 1: /opt/lmod: not found\n' };
    expect(short(read(mpi, { modules: broken }, 'slow').modules)).toBe('?error');
  });
  test('damaged answers never throw', () => {
    for (const bytes of damaged(lmod, 300)) read(mpi, { modules: bytes, variables: bytes }, 'slow');
    for (const bytes of damaged('n /opt\nn /opt/cray/pe/mpich/8.1.28\n', 300))
      read(mpi, { folders: bytes, variables: bytes });
  });
});

describe('folders and variables', () => {
  test('Cray’s MPICH by its folder', () => {
    const facts = read(mpi, { folders: 'n /opt\nn /opt/cray/pe/mpich/8.1.27\nn /opt/cray/pe/mpich/8.1.28\n' });
    expect([short(facts['cray-mpich']), short(facts['cray-pals']), short(facts['intel-oneapi-mpi'])]).toEqual([
      '8.1.27 8.1.28',
      'none',
      'none',
    ]);
    expect(short(read(mpi, { folders: '' })['cray-mpich'])).toBe('?absent');
  });
  test('variables of the list alone', () => {
    const facts = read(mpi, { variables: 'CRAY_MPICH_VERSION=8.1.28\nMPI_HOME=\nSECRET=x\n' });
    expect(short(facts.variables)).toBe('CRAY_MPICH_VERSION=8.1.28');
  });
});
