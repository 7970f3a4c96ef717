import { describe, expect, test } from 'vitest';
import { launcherVersion, mpich, openMpi, pmixVersion } from '../../../../src/inspect/probes/mpi/implementations.ts';
import { captured } from '../../answering.ts';

describe('Open MPI', () => {
  test('4.1.4 as captured: process management by its components', () => {
    expect(openMpi(captured('openmpi/4.1.4/ompi_info-parsable.txt'))).toEqual({
      version: '4.1.4',
      standard: '3.1.0',
      abi: 'ompi',
      pmi: 'flux isolated pmix',
      transports: 'pml cm monitoring ob1 ucx v; mtl ofi psm psm2; btl ofi openib self tcp vader',
    });
  });
  test('5.0.11 as captured: PMIx and nothing else', () => {
    expect(openMpi(captured('openmpi/5.0.11/ompi_info-parsable.txt'))).toEqual({
      version: '5.0.11',
      standard: '3.1.0',
      abi: 'ompi',
      pmi: 'pmix',
      transports: 'pml cm monitoring ob1 ucx v; mtl ofi; btl ofi self sm tcp uct; smsc cma',
    });
  });
  test('one built with Slurm’s PMI, and one with the ABI of MPI-5', () => {
    // Composed from opal/mca/pmix of 4.0 and the documentation of 6.0.
    const slurm = 'ompi:version:full:4.0.7\nmca:pmix:s1:version:"mca:2.1.0"\nmca:pmix:s2:version:"mca:2.1.0"\n';
    expect(openMpi(slurm)?.pmi).toBe('pmi1 pmi2');
    const six =
      'ompi:version:full:6.0.0\nmpi-api:version:full:4.1.0\nbindings:abi:ompi:yes\nbindings:abi:mpi_forum:yes\n';
    expect(openMpi(six)).toMatchObject({ abi: 'mpi_forum ompi', standard: '4.1.0' });
  });
  test('what is no answer of ompi_info', () => {
    expect(openMpi('ompi_info: error while loading shared libraries: libopen-pal.so.40\n')).toBeUndefined();
    expect(openMpi('')).toBeUndefined();
  });
});

describe('MPICH', () => {
  test('as captured', () => {
    expect(mpich(captured('mpich/4.0.2/mpichversion.txt'))).toEqual({
      version: '4.0.2',
      device: 'ch4:ucx',
      options: '--with-pm=hydra --with-slurm=/usr',
    });
    expect(mpich(captured('mpich/5.0.2/mpichversion.txt'))).toEqual({
      version: '5.0.2',
      device: 'ch4:ucx ofi',
      abi: '18:2:6',
      options: '--with-pm=hydra:gforker',
    });
  });
  test('Cray’s, composed from its manual', () => {
    const text =
      'MPI VERSION    : CRAY MPICH version 8.1.28.29 (ANL base 3.4a2)\nMPI BUILD INFO : Wed Nov 15 20:57 2023 (git hash 1cde46f)\n';
    expect(mpich(text)).toMatchObject({ version: 'CRAY MPICH version 8.1.28.29 (ANL base 3.4a2)', device: '?' });
  });
});

describe('launchers and PMIx', () => {
  test('as captured, and Intel’s as its manual shows it (composed)', () => {
    expect(launcherVersion(captured('openmpi/5.0.11/mpirun-version.txt'))).toBe('mpirun (Open MPI) 5.0.11');
    expect(launcherVersion(captured('mpich/4.0.2/mpiexec-version.txt'))).toBe('HYDRA 4.0.2');
    const intel =
      'Intel(R) MPI Library for Linux* OS, Version 2021.12 Build 20240213 (id: 4f55822)\nCopyright 2003-2024, Intel Corporation.\n';
    expect(launcherVersion(intel)).toBe(intel.split('\n')[0]);
    expect(pmixVersion(captured('pmix/4.2.2/pmix_info-parsable.txt'))).toBe('4.2.2rc2');
  });
});
