/** The probe through the generated collector: planted tools and a planted sysfs, under the shells of small nodes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Probe } from '../../../../src/inspect/probe.ts';
import { gpu } from '../../../../src/inspect/probes/gpu/gpu.ts';
import { readFacts } from '../../../../src/inspect/read-collected.ts';
import { short } from '../../answering.ts';
import { nonce, plant, rendered, run, scratch, shells } from '../../scratch-collector.ts';
import { nvidiaXml } from './composed.ts';

/** The probe with every limit at one second. */
const hasty: Probe = {
  ...gpu,
  asks: gpu.asks.map((ask) => ('limitSeconds' in ask ? { ...ask, limitSeconds: 1 } : ask)),
};

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))('under $name', ({ shell }) => {
  const collected = async (root: string, bin = join(root, 'bin')) => {
    const collector = await rendered(root, { probes: [hasty], root });
    const answer = await run(shell, [collector, '-', 'facts', 'slow'], { env: { PATH: `${bin}:${process.env.PATH}` } });
    const rows = readFacts(answer.stdout, { nonce, probes: [hasty], slow: true }).groups.gpu ?? {};
    return { ...answer, fact: (key: string): string => short(rows[key]) };
  };
  const bus = '/sys/bus/pci/devices/0000:01:00.0';

  test('a node of two cards, with an nvidia-smi that hangs in one of its answers', async () => {
    const root = scratch();
    write(root, {
      '/answer.xml': nvidiaXml([{}, {}]),
      [`${bus}/class`]: '0x030200\n',
      [`${bus}/vendor`]: '0x10de\n',
      [`${bus}/device`]: '0x20b2\n',
      '/sys/bus/pci/drivers/nvidia/0000:01:00.0/class': '0x030200\n',
      '/sys/module/nvidia/version': '535.54.03\n',
      '/proc/driver/nvidia/params': 'EnableMSI: 1\nRegistryDwords: ""\n',
    });
    plant(join(root, 'bin'), 'nvidia-smi', `[ "$1" = topo ] && exec sleep 1000\nexec cat ${root}/answer.xml`);
    const { fact, seconds, status } = await collected(root);
    expect(status).toBe(0);
    expect(fact('pci')).toBe('nvidia 1 (0x20b2, nvidia), amd 0');
    expect(fact('nvidia-cards')).toBe('2 x NVIDIA A100-SXM4-80GB / 81920 MiB / 92.00.36.00.02');
    expect(fact('nvidia-parameters')).toBe('EnableMSI=1');
    expect(fact('nvidia-topology')).toBe('?timeout');
    expect(fact('amd-cards')).toBe('none');
    expect(seconds).toBeLessThan(8);
  });

  test('an AMD card that does not answer leaves all else as it is', async () => {
    const root = scratch();
    write(root, {
      [`${bus}/class`]: '0x120000\n',
      [`${bus}/vendor`]: '0x1002\n',
      [`${bus}/device`]: '0x740f\n',
      '/sys/bus/pci/drivers/amdgpu/0000:01:00.0/device': '0x740f\n',
      '/sys/module/amdgpu/version': '6.8.5\n',
    });
    execFileSync('mkfifo', [join(root, '/sys/bus/pci/drivers/amdgpu/0000:01:00.0/vbios_version')]);
    const { fact, seconds } = await collected(root);
    expect([fact('pci'), fact('amd-driver'), fact('amd-cards')]).toEqual([
      'nvidia 0, amd 1 (0x740f, amdgpu)',
      '6.8.5',
      '?timeout',
    ]);
    expect(fact('nvidia-cards')).toBe('none');
    expect(seconds).toBeLessThan(8);
  });
});
