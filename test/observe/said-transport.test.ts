import { describe, expect, it } from 'vitest';
import { isMadeToSay, saidTransport } from '../../src/observe/said-transport.ts';
import { damaged } from '../inspect/answering.ts';
import { fixture } from './fixture.ts';

const captures = {
  sm: fixture('openmpi/5.0.11/verbose-btl-sm.txt'),
  tcp: fixture('openmpi/5.0.11/verbose-btl-tcp.txt'),
  ucx: fixture('ucx/1.20.1/log-info.txt'),
  ucxTcp: fixture('ucx/1.20.1/log-info-tcp.txt'),
  ofi: fixture('mpich/5.0.2/debug-summary-ofi.txt'),
};

describe('what a library says of its transport', () => {
  it('is read from Open MPI, UCX and MPICH as they printed it', () => {
    expect(saidTransport([captures.sm])).toEqual(['Open MPI btl within a node: sm', 'Open MPI pml: ob1']);
    expect(saidTransport([captures.tcp])).toEqual(['Open MPI btl within a node: tcp', 'Open MPI pml: ob1']);
    expect(saidTransport([captures.ucx])).toEqual(['UCX within a node: sysv/memory cma/memory']);
    expect(saidTransport([captures.ucxTcp])).toEqual(['UCX within a node: tcp/eth0']);
    expect(saidTransport([captures.ofi])).toEqual(['MPICH by libfabric: sockets']);
  });

  it('tells ways between nodes from ways within (composed from the captures)', () => {
    const between = [
      '[node1:7] mca: bml: Using sm btl for send to [[1,1],1] on node node1',
      '[node1:7] mca: bml: Using tcp btl for send to [[1,1],2] on node node2',
      '[1795630356.28] [node1:7 :0] ucp_worker.c:1912 UCX  INFO    ucp_context_0 inter-node cfg#2 tag(rc_mlx5/mlx5_0:1)  rma(rc_mlx5/mlx5_0:1)',
      '[0] MPI startup(): libfabric provider: tcp;ofi_rxm',
    ].join('\n');
    expect(saidTransport([between, between])).toEqual([
      'Intel MPI by libfabric: tcp;ofi_rxm',
      'Open MPI btl between nodes: tcp',
      'Open MPI btl within a node: sm',
      'UCX between nodes: rc_mlx5/mlx5_0:1',
    ]);
  });

  it('is nothing in other output', () => {
    expect(saidTransport(['', 'I am using tcp btl for send\nrank 0 of 2\n'])).toEqual([]);
  });

  it('is never an exception, whatever was printed', () => {
    for (const text of Object.values(captures))
      for (const bytes of damaged(text, 300))
        expect(() => saidTransport([Buffer.from(bytes).toString()])).not.toThrow();
  });
});

describe('variables', () => {
  it.each([
    [{ UCX_LOG_LEVEL: 'info' }, true],
    [{ UCX_LOG_LEVEL: 'warn' }, false],
    [{ OMPI_MCA_btl_base_verbose: '20' }, true],
    [{ I_MPI_DEBUG: '5,pid' }, true],
    [{ I_MPI_DEBUG: '0' }, false],
    [{ MPIR_CVAR_DEBUG_SUMMARY: '1' }, true],
    [{ MPIR_CVAR_DEBUG_SUMMARY: '0' }, false],
    [{}, false],
  ])('%o make a library speak: %s', (environment, speaks) => {
    expect(isMadeToSay(environment)).toBe(speaks);
  });
});
