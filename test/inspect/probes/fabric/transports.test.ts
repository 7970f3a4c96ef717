import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readFrames } from '../../../../src/inspect/frames.ts';
import { fabric } from '../../../../src/inspect/probes/fabric/fabric.ts';
import {
  cxiDevices,
  endpointDigest,
  fabricEndpoints,
  fabricProviders,
  libfabricVersion,
  ucxResources,
  ucxVersion,
} from '../../../../src/inspect/probes/fabric/transports.ts';
import { readFacts } from '../../../../src/inspect/read-collected.ts';
import { captured, damaged, read, short } from '../../answering.ts';
import { nonce, plant, rendered, run, scratch, shells } from '../../scratch-collector.ts';

const list = captured('libfabric/1.17.0/fi_info-l.txt');
const info = captured('libfabric/1.17.0/fi_info.txt');
const resources = captured('ucx/1.13.1/ucx_info-d.txt');

/** Composed from cxi_stat(1) of libcxi: its fields, with values made up. */
const cxiStat = `Device: cxi0
    Description: SS11 200Gb 2P NIC Mezz
    Part Number: P00000-001
    Serial Number: XX00000000
    FW Version: 1.5.53
    Network device: hsn0
    MAC: 02:00:00:00:00:99
    NID: 153 (0x00099)
    PID granule: 256
    PCIE speed/width: 16.0 GT/s PCIe x16
    PCIE slot: 0000:21:00.0
        Link layer retry: on
        Link loopback: off
        Link media: electrical
        Link MTU: 2112
        Link speed: BS_200G
        Link state: up
`;

describe('libfabric', () => {
  test('providers, version and endpoints as captured', () => {
    expect(fabricProviders(list).slice(0, 3)).toEqual(['net', 'ofi_hook_debug', 'ofi_hook_dmabuf_peer_mem']);
    expect(fabricProviders(list)).toHaveLength(15);
    expect(libfabricVersion(captured('libfabric/1.17.0/fi_info-version.txt'))).toBe('1.17.0');
    expect(fabricEndpoints(info)[0]).toEqual({
      provider: 'tcp;ofi_rxm',
      domain: 'eth0',
      version: '117.0',
      type: 'FI_EP_RDM',
      protocol: 'FI_PROTO_RXM',
    });
    const facts = read(fabric, { endpoints: info, providers: list }, 'slow');
    expect(short(facts.endpoints)).toContain('tcp: eth0 lo; tcp;ofi_rxm: eth0 lo;');
    expect(short(facts.endpoints)).not.toMatch(/192\.|fe80/);
  });
  test('the digest does not depend on the order, and changes with a version', () => {
    const digest = endpointDigest(fabricEndpoints(info));
    expect(endpointDigest([...fabricEndpoints(info)].reverse())).toBe(digest);
    expect(endpointDigest(fabricEndpoints(info.replace('117.0', '118.0')))).not.toBe(digest);
  });
  test('no endpoint at all is an answer, a failure is none', () => {
    const none = { status: 61, text: 'fi_getinfo: -61 (No data available)\n' };
    expect(short(read(fabric, { endpoints: none }, 'slow').endpoints)).toBe('none');
    expect(short(read(fabric, { endpoints: { status: 1, text: 'broken\n' } }, 'slow').endpoints)).toBe('?error');
    expect(short(read(fabric, { endpoints: 'no fi_info\n' }, 'slow').endpoints)).toBe('none');
  });
});

describe('UCX', () => {
  test('version as captured and as other releases write it', () => {
    expect(ucxVersion(captured('ucx/1.13.1/ucx_info-v.txt'))).toBe('1.13.1');
    // Composed from UCX's src/tools/info/version_info.c of those releases.
    expect(ucxVersion('# UCT version=1.6.0 revision 78ef04a\n')).toBe('1.6.0');
    expect(ucxVersion('# Library version: 1.15.0\n# Library path: /usr/lib/libucs.so.0\n')).toBe('1.15.0');
  });
  test('transports and devices as captured', () => {
    expect(ucxResources(resources)).toEqual({
      transports: ['cma', 'posix', 'self', 'sysv', 'tcp'],
      devices: ['eth0', 'lo', 'memory', 'memory0'],
    });
    const facts = read(fabric, { 'ucx-resources': 'no ucx_info\n' }, 'slow');
    expect(short(facts['ucx-transports'])).toBe('none');
  });
  test('a transport that finds no device is not one of those usable', () => {
    const text =
      '# Memory domain: ib\n#   Transport: dc\n#   < no supported devices found >\n#   Transport: rc\n#   Device: mlx5_0:1\n';
    expect(ucxResources(text)).toEqual({ transports: ['rc'], devices: ['mlx5_0:1'] });
  });
});

describe('cxi_stat', () => {
  test('tells of adapters without serial, address and node id', () => {
    expect(cxiDevices(cxiStat).get('cxi0')).toBe(
      'SS11 200Gb 2P NIC Mezz, part P00000-001, firmware 1.5.53, PCIe 16 GT/s x16, retry on, mtu 2112, BS_200G, link up',
    );
    expect(short(read(fabric, { 'cxi-stat': cxiStat }, 'slow')['cxi_stat.cxi0'])).not.toMatch(/XX00000000|02:00|153/);
    expect(read(fabric, {}, 'slow')).not.toHaveProperty(['cxi_stat']);
    expect(short(read(fabric, { 'cxi-stat': { status: 1, text: 'no device\n' } }, 'slow').cxi_stat)).toBe('?error');
  });
});

test.each([
  ['providers', list],
  ['endpoints', info],
  ['libfabric', 'fi_info: 1.17.0\nlibfabric: 1.17.0\n'],
  ['ucx-resources', resources],
  ['cxi-stat', cxiStat],
])('damaged answers to %s never throw', (id, text) => {
  for (const bytes of damaged(text, 300))
    for (const fact of Object.values(read(fabric, { [id]: bytes }, 'slow')))
      expect('value' in fact ? fact.value.includes('\n') : fact.why === '').toBe(false);
});

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))('endpoints under $name', ({ shell }) => {
  const collect = async (tool: string) => {
    const place = scratch();
    plant(join(place, 'bin'), 'fi_info', tool);
    const collector = await rendered(place, { probes: [fabric] });
    const env = { PATH: `${join(place, 'bin')}:${process.env.PATH}` };
    const { stdout } = await run(shell, [collector, '-', 'facts', 'slow'], { env });
    return {
      bytes: readFrames(stdout, nonce).good.get('fabric.endpoints')?.bytes ?? Buffer.alloc(0),
      facts: readFacts(stdout, { nonce, probes: [fabric], slow: true }).groups.fabric ?? {},
    };
  };
  test('each travels once, without addresses, and says the same as the whole answer', async () => {
    const fixture = fileURLToPath(new URL('../../../fixtures/libfabric/1.17.0/fi_info.txt', import.meta.url));
    const { bytes, facts } = await collect(`cat '${fixture}'`);
    expect(bytes.length).toBeLessThan(info.length / 3);
    expect(Buffer.from(bytes).toString()).not.toMatch(/192\.|fe80/);
    const whole = read(fabric, { endpoints: info }, 'slow');
    expect(short(facts.endpoints)).toBe(short(whole.endpoints));
    expect(short(facts['endpoints-digest'])).toBe(short(whole['endpoints-digest']));
  });
  test('a node without any, and one whose tool fails', async () => {
    const none = await collect("echo 'fi_getinfo: -61 (No data available)' >&2; exit 61");
    expect(short(none.facts.endpoints)).toBe('none');
    const broken = await collect('echo "error while loading shared libraries" >&2; exit 127');
    expect(broken.facts.endpoints).toMatchObject({
      unknown: 'error',
      why: expect.stringContaining('shared libraries'),
    });
  });
});
