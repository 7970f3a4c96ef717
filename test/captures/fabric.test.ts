/** Over every capture of adapters, libfabric, UCX, Slingshot, Open MPI and Slurm: nothing throws, what is known is plausible. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCollectorTemplates, renderCollector } from '../../src/inspect/collector.ts';
import type { Fact } from '../../src/inspect/facts.ts';
import { fabric } from '../../src/inspect/probes/fabric/fabric.ts';
import { cxiDevices, endpointText, fabricEndpoints, ucxResources } from '../../src/inspect/probes/fabric/transports.ts';
import { openMpi, openMpiAbis } from '../../src/inspect/probes/mpi/implementations.ts';
import { mpiPlugins, slurmConfig } from '../../src/inspect/probes/mpi/slurm.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';
import { processExec } from '../../src/system/exec.ts';
import { realFiles } from '../../src/system/files.ts';

const captures = fileURLToPath(new URL('../../../shared/captures', import.meta.url));
const there = existsSync(captures);
const text = (path: string): string => readFileSync(join(captures, path), 'utf8');
const listed = (folder: string): string[] => (there ? readdirSync(join(captures, folder)) : []);
const nonce = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const root = mkdtempSync(join(tmpdir(), 'assay-captures-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Facts the collector reads where folders of adapters stand for /sys/class/infiniband. */
async function adapters(folders: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Fact>>> {
  const node = mkdtempSync(join(root, 'node-'));
  mkdirSync(join(node, 'sys/class/net'), { recursive: true });
  mkdirSync(join(node, 'sys/class/infiniband'));
  for (const [name, folder] of Object.entries(folders))
    symlinkSync(join(captures, 'sys-class-infiniband', folder), join(node, 'sys/class/infiniband', name));
  const templates = await loadCollectorTemplates(realFiles);
  const input = renderCollector(templates, { nonce, probes: [fabric], ranksLimitSeconds: 1, root: node });
  const environment = { PATH: process.env.PATH ?? '' };
  const answer = await processExec(['dash', '-s', '--', '-', 'facts'], { environment, limitSeconds: 30, input });
  return readFacts(answer.stdout, { nonce, probes: [fabric] }).groups.fabric ?? {};
}

const value = (fact: Fact | undefined): string => (fact && 'value' in fact ? fact.value : `?${fact?.why ?? 'no row'}`);

describe.skipIf(!there)('adapters in sysfs', () => {
  test('Omni-Path and two generations of ConnectX', async () => {
    const names = ['hfi1_0', 'mlx4_0', 'mlx5_0'];
    const facts = await adapters(Object.fromEntries(names.map((name) => [name, `procfs-${name}`])));
    expect(value(facts.hfi1_0)).toBe(
      'type hfi1, firmware 1.27.0, board HPE 100Gb 1-port OP101 QSFP28 x16 PCIe Gen3 with Intel Omni-Path Adapter, port 1 InfiniBand ACTIVE 100 Gb/sec (4X EDR)',
    );
    expect(value(facts['omni-path'])).toMatch(/^1 x hfi1 /);
    expect(value(facts.mlx4_0)).toMatch(/^type MT4099, firmware 2\.31\.5050, board SM_1141000001000, port 1 /);
    expect(value(facts.mlx5_0)).toMatch(/^type MT4118, firmware 14\.28\.2006, board SM_2001000001034, /);
    expect(value(facts.infiniband).split('; ')).toHaveLength(3);
  });
  test('an H100 node: gaps in the numbers, and a bond that is Ethernet', async () => {
    const names = readdirSync(join(captures, 'sys-class-infiniband/gpud-h100'));
    const facts = await adapters(Object.fromEntries(names.map((name) => [name, `gpud-h100/${name}`])));
    for (const name of names) expect(value(facts[name])).toMatch(/^type MT\d+, firmware [\d.]+, board \S+, port 1 /);
    expect(value(facts.mlx5_bond_0)).toMatch(/port 1 Ethernet ACTIVE /);
  });
});

describe('libfabric', () => {
  test.each(listed('fi_info'))('%s', (name) => {
    const endpoints = fabricEndpoints(text(`fi_info/${name}`));
    for (const one of endpoints) expect(one.protocol).toMatch(/^FI_PROTO_/);
    expect(endpoints.length > 0).toBe(name !== 'v-verbs-ud.txt');
  });
  test.skipIf(!there)('as read by eye', () => {
    expect(endpointText(fabricEndpoints(text('fi_info/efa-1.12.txt')))).toBe('efa: efa_0-dgrm efa_0-rdm');
    expect(endpointText(fabricEndpoints(text('fi_info/cxi-gh200-cscs.txt')))).toBe('cxi: cxi0');
    expect(endpointText(fabricEndpoints(text('fi_info/verbs-tcp-1.16.txt')))).toBe('tcp: eth0; verbs: mlx5_0-dgram');
  });
});

describe('UCX', () => {
  test.each(listed('ucx_info'))('%s', (name) => {
    const { transports, devices } = ucxResources(text(`ucx_info/${name}`));
    expect(transports).toEqual(expect.arrayContaining(['self', 'tcp', 'rc_mlx5', 'cuda_copy']));
    expect(devices).toContain('mlx5_0:1');
    expect(devices.filter((device) => !/^[\w:]+$/.test(device))).toEqual([]);
  });
});

describe('Slingshot', () => {
  test.each(listed('cxi_stat'))('%s', (name) => {
    const devices = cxiDevices(text(`cxi_stat/${name}`));
    expect([...devices.keys()].every((device) => /^cxi\d$/.test(device))).toBe(true);
    expect(devices.size > 0).toBe(!name.startsWith('cxi_service'));
    for (const one of devices.values()) {
      expect(one).toMatch(/link up$/);
      expect(one).not.toMatch(/GR21120003|PR11394Q6Z|02:00/);
    }
  });
  test.skipIf(!there)('as read by eye', () => {
    expect(cxiDevices(text('cxi_stat/rates-1.5.5.txt')).get('cxi0')).toBe(
      'SS11 200Gb 2P NIC Mezz, part P43012-001, firmware 1.6.0.326, PCIe 16 GT/s x16, retry on, mtu 2112, BS_200G, link up',
    );
    expect([...cxiDevices(text('cxi_stat/two-nics-400g.txt')).keys()]).toEqual(['cxi0', 'cxi1']);
  });
});

describe('Open MPI', () => {
  test.each(listed('ompi_info'))('%s', (name) => {
    const said = text(`ompi_info/${name}`);
    // The form for people and the excerpt are no whole answer to what is asked.
    expect(openMpi(said)).toBeUndefined();
    expect(openMpiAbis(said)).toEqual(name.includes('abi') ? ['mpi_forum', 'ompi'] : []);
  });
});

describe('Slurm', () => {
  test.each(listed('srun-mpi-list'))('plugins in %s', (name) => {
    expect(mpiPlugins(text(`srun-mpi-list/${name}`))).toContain('none');
  });
  test.each(listed('slurm-conf'))('settings in %s', (name) => {
    const settings = slurmConfig(text(`slurm-conf/${name}`));
    for (const one of settings.values()) expect(one).toMatch(/^\S.*$/);
    if (/slurm/.test(name))
      expect(`${settings.get('SelectType')} ${settings.get('TaskPlugin')}`).toMatch(/(select|task)\//);
  });
  test.skipIf(!there)('as read by eye', () => {
    const vega = slurmConfig(text('slurm-conf/vega-slurm.conf'));
    expect(['MpiDefault', 'ProctrackType', 'TaskPlugin'].map((key) => vega.get(key))).toEqual([
      'none',
      'proctrack/cgroup',
      'task/cgroup',
    ]);
    const stanford = slurmConfig(text('slurm-conf/stanford-power9-slurm.conf'));
    expect([stanford.get('ProctrackType'), stanford.get('SelectType')]).toEqual(['proctrack/pgid', 'select/linear']);
  });
  test.each(listed('slurm').filter((name) => there && statSync(join(captures, 'slurm', name)).isFile()))(
    'no other output of Slurm is taken for settings: %s',
    (name) => {
      for (const [key, one] of slurmConfig(text(`slurm/${name}`))) expect(`${key}=${one}`).toMatch(/^\w+=\S/);
    },
  );
});
