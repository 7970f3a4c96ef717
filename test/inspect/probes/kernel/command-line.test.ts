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
  // What xCAT, Cray's boot script service and FIPS mode on RHEL write there, composed from their sources and manuals.
  test.each([
    'imgurl=http://mgt:80/install/rootimg.cpio.gz XCAT=10.1.0.1:3001 NODE=cn07 FC=0 netdev=eth0 BOOTIF=52:54:00:01:02:03',
    'nmd_data=url=s3://boot-images/1/rootfs,etag=2 bos_session_id=3 xname=x3000c0s28b4n0 nid=12 bss_referral_token=4 ds=nocloud-net;s=http://10.92.100.81:8888/',
    'root=/dev/mapper/rhel-root ro boot=UUID=0d5c init=/nix/store/1-nixos/init ostree=/ostree/boot.1/rhcos/9ab/0',
  ])('leaves out what names one node: %s', (text) => {
    expect(splitCommandLine(`${text} fips=1 iommu=pt`).kept).toBe('fips=1 iommu=pt');
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
