import { describe, expect, test } from 'vitest';
import { commandLineRows, optionValues, splitCommandLine } from '../../../../src/inspect/probes/kernel/command-line.ts';

describe('command line', () => {
  test('keeps what shapes the kernel, in order, and names what it leaves out', () => {
    const text =
      'BOOT_IMAGE=/boot/vmlinuz root=UUID=b77 ro mitigations=off console=ttyS0,115200n8 dyndbg="file a.c +p" nosmt -- single\n';
    expect(splitCommandLine(text)).toEqual({
      kept: 'mitigations=off dyndbg="file a.c +p" nosmt',
      volatile: ['BOOT_IMAGE', 'root', 'ro', 'console'],
    });
  });
  test('never keeps a secret', () => {
    const { kept } = splitCommandLine('rd.iscsi.password=hunter2 iscsi_password=hunter2 tpm.token=hunter2 quiet');
    expect(kept).not.toContain('hunter2');
    expect(kept).toContain('iscsi_password=***');
  });
});

describe('options', () => {
  test('each by name; those given twice in order, those without a value as set', () => {
    const options = optionValues('hugepagesz=1G hugepages=4 hugepagesz=2M nosmt isolcpus= dyndbg="file a.c +p"');
    expect([...options]).toEqual([
      ['hugepagesz', '1G 2M'],
      ['hugepages', '4'],
      ['nosmt', 'set'],
      ['isolcpus', 'empty'],
      ['dyndbg', 'file a.c +p'],
    ]);
  });
  test('are rows of their own beside the whole line', () => {
    const rows = commandLineRows({
      kind: 'content',
      bytes: Buffer.from('ro nosmt mitigations=off\n'),
      status: 0,
      source: '/proc/cmdline',
    });
    expect(rows.map(({ key, fact }) => [key, 'value' in fact && fact.value])).toEqual([
      ['command-line', 'nosmt mitigations=off'],
      ['command-line.nosmt', 'set'],
      ['command-line.mitigations', 'off'],
      ['command-line-volatile', 'ro'],
      ['command-line-digest', expect.stringMatching(/^sha256:/)],
    ]);
  });
});
