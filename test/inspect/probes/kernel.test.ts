import { describe, expect, test } from 'vitest';
import { buildIdOf, kernel, splitCommandLine } from '../../../src/inspect/probes/kernel.ts';
import { read, short, small } from '../answering.ts';

// /sys/kernel/notes of a 6.18 kernel: the build-id, then a note of owner Linux.
const notes = Buffer.from(
  `040000001400000003000000474e5500${'85c7e4e2ed76f4417e8aaad7c6b040d2bb897a26'}060000000400000001010000${'4c696e7578000000'}00000000`,
  'hex',
);
const id = '85c7e4e2ed76f4417e8aaad7c6b040d2bb897a26';

describe('build-id', () => {
  test('is found behind other notes and in either byte order', () => {
    expect(buildIdOf(notes)).toBe(id);
    const second = Buffer.concat([notes.subarray(36), notes.subarray(0, 36)]);
    expect(buildIdOf(second)).toBe(id);
    const big = Buffer.from(notes.subarray(0, 36));
    for (const at of [0, 4, 8]) big.writeUInt32BE(notes.readUInt32LE(at), at);
    expect(buildIdOf(big)).toBe(id);
  });
  test('is undefined in cut or foreign bytes', () => {
    expect(buildIdOf(notes.subarray(0, 30))).toBeUndefined();
    expect(buildIdOf(Buffer.alloc(0))).toBeUndefined();
    expect(buildIdOf(Buffer.alloc(64, 255))).toBeUndefined();
  });
});

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

test('facts of a kernel, and why those it hides are unknown', () => {
  const digest = 'a'.repeat(64);
  const facts = read(kernel, {
    sys: small({ '/proc/sys/kernel/osrelease': '6.18.44', '/proc/sys/kernel/version': '#1 SMP' }),
    machine: 'x86_64\n',
    notes,
    cmdline: 'quiet\n',
    config: `/boot/config-6.18.44\n${digest}  -\n`,
  });
  expect(short(facts['build-id'])).toBe(id);
  expect(facts['config-digest']).toEqual({ value: `sha256:${digest}`, source: '/boot/config-6.18.44' });
  expect(short(facts['command-line'])).toBe('none');
  expect(short(facts.taint)).toBe('?absent');
  expect(short(read(kernel, { config: { unknown: 'denied' } })['config-digest'])).toBe('?denied');
  expect(short(read(kernel, { config: 'garbage\nmore\n' })['config-digest'])).toBe('?error');
});
