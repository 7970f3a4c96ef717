import { expect, test } from 'vitest';
import { libraryRole, transportOf } from '../../../src/inspect/ranks/library-role.ts';

test.each([
  // Seen in ranks of Debian's Open MPI 4.1.4 and of wheels of PyPI.
  ['/usr/lib/x86_64-linux-gnu/libmpi.so.40.30.4', 'mpi'],
  ['/usr/lib/x86_64-linux-gnu/pmix2/lib/libpmix.so.2.6.2', 'pmi'],
  ['/usr/lib/x86_64-linux-gnu/openmpi/lib/openmpi3/mca_pmix_ext3x.so', 'pmi'],
  ['/usr/lib/x86_64-linux-gnu/openmpi/lib/openmpi3/mca_btl_tcp.so', 'transport'],
  ['/usr/lib/x86_64-linux-gnu/openmpi/lib/openmpi3/mca_errmgr_default_app.so', undefined],
  ['/usr/lib/x86_64-linux-gnu/libpsm2.so.2.2', 'fabric'],
  ['/usr/lib/libpsm1/libpsm_infinipath.so.1.16', 'fabric'],
  ['/opt/venv/lib/python3.11/site-packages/mpich.libs/libmpi-0a1b2c3d.so.12.5.1', 'mpi'],
  // Names that their projects install.
  ['/opt/cray/pe/mpich/8.1.28/ofi/gnu/12.3/lib/libmpi_gnu_123.so.12', 'mpi'],
  ['/usr/lib64/libibverbs/libmlx5-rdmav34.so', 'fabric'],
  ['/usr/lib64/libfabric.so.1.24.0 (deleted)', 'fabric'],
  ['/usr/lib64/ucx/libuct_ib.so.0.0.0', 'transport'],
  ['/opt/intel/libfabric/prov/libtcp-fi.so', 'transport'],
  ['/usr/lib64/libcuda.so.550.54.15', 'gpu'],
  ['/opt/rocm/lib/libhsa-runtime64.so.1.13.60200', 'gpu'],
  ['/opt/rocm/lib/librccl.so.1.0.60200', 'gpu'],
  ['/usr/lib/libmpifort.so.12', undefined],
  ['/usr/lib/libc.so.6', undefined],
  ['', undefined],
] as const)('%s is %s', (path, role) => {
  expect(libraryRole(path)).toBe(role);
});

test('the name that a library was linked by goes before that of its file', () => {
  expect(libraryRole('/opt/site/lib/vendor-comm.so', 'libmpi.so.40')).toBe('mpi');
  expect(libraryRole('/opt/site/lib/libmpi.so.40', 'libstub.so')).toBe('mpi');
});

test('plug-ins are told by whose they are and which way they go', () => {
  expect(transportOf('/x/mca_pml_ob1.so')).toEqual({ owner: 'Open MPI pml', way: 'ob1' });
  expect(transportOf('/x/libuct_cma.so.0')).toEqual({ owner: 'UCX', way: 'cma' });
  expect(transportOf('/x/libverbs-1.12-fi.so')).toEqual({ owner: 'libfabric', way: 'verbs' });
  expect(transportOf('/x/libmpi.so.40')).toBeUndefined();
});
