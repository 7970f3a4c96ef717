import { describe, expect, test } from 'vitest';
import {
  blockReader,
  type Elf,
  fileOffset,
  goArchitecture,
  type NotElf,
  readElf,
  readerOf,
} from '../../src/base/elf.ts';
import { type ElfPlan, makeElf } from './elf-file.ts';

const plan: ElfPlan = {
  interpreter: '/lib64/ld-linux-x86-64.so.2',
  needed: ['libmpi.so.40', 'libc.so.6'],
  rpath: '/old:$ORIGIN/lib',
  runpath: '/opt/mpi/lib::$ORIGIN/../lib',
};

async function elfOf(bytes: Uint8Array): Promise<Elf> {
  const elf = await readElf(readerOf(bytes));
  if ('notElf' in elf) throw new Error(elf.why);
  return elf;
}

describe('readElf', () => {
  test.each([
    { bits: 64, byteOrder: 'little', machine: 62 },
    { bits: 64, byteOrder: 'big', machine: 22 },
    { bits: 32, byteOrder: 'little', machine: 40 },
    { bits: 32, byteOrder: 'big', machine: 20 },
  ] as const)('reads headers and dynamic section, $bits bits $byteOrder', async (kind) => {
    const elf = await elfOf(makeElf({ ...plan, ...kind }));
    expect(elf).toMatchObject({
      ...kind,
      type: 'shared',
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libmpi.so.40', 'libc.so.6'],
      rpath: ['/old', '$ORIGIN/lib'],
      runpath: ['/opt/mpi/lib', '$ORIGIN/../lib'],
    });
    expect(elf.soname).toBeUndefined();
  });

  test('a program without a dynamic section needs nothing', async () => {
    const bytes = makeElf({ type: 2 });
    Buffer.from(bytes.buffer, bytes.byteOffset).writeUInt16LE(1, 56);
    expect(await elfOf(bytes)).toMatchObject({ type: 'executable', needed: [], rpath: [], runpath: [] });
  });

  test('a segment gives the offset of an address, and no other address has one', async () => {
    const elf = await elfOf(makeElf(plan));
    expect(fileOffset(elf, 0x400010)).toBe(0x10);
    expect(fileOffset(elf, 0x3fffff)).toBeUndefined();
    expect(fileOffset(elf, Number.NaN)).toBeUndefined();
  });

  test.each([
    ['empty', new Uint8Array(), 'other'],
    ['a script', Buffer.from('#!/bin/sh\n'), 'other'],
    ['cut inside its header', makeElf(plan).subarray(0, 40), 'broken'],
    ['cut after its header', makeElf(plan).subarray(0, 64), 'broken'],
    ['cut before its dynamic section', makeElf(plan).subarray(0, 260), 'broken'],
    ['of an unknown class', Buffer.from(makeElf(plan)).fill(7, 4, 5), 'broken'],
  ] as const)('%s: a reason, not an exception', async (_, bytes, notElf) => {
    const answer = (await readElf(readerOf(bytes))) as NotElf;
    expect(answer.notElf).toBe(notElf);
    expect(answer.why).not.toBe('');
  });

  test('absurd sizes are refused before anything is allocated', async () => {
    const asked: number[] = [];
    const bytes = Buffer.from(makeElf(plan));
    bytes.writeBigUInt64LE(0x7fffffffffffn, 64 + 2 * 56 + 32);
    const answer = await readElf(async (offset, length) => {
      asked.push(length);
      return bytes.subarray(offset, offset + length);
    });
    expect(answer).toMatchObject({ notElf: 'broken', why: expect.stringContaining('dynamic section') });
    expect(Math.max(...asked)).toBeLessThanOrEqual(1 << 20);
  });

  test('one long name needed many times is refused', async () => {
    const elf = await readElf(readerOf(makeElf({ needed: Array(100).fill('x'.repeat(30_000)) })));
    expect(elf).toMatchObject({ notElf: 'broken', why: expect.stringContaining('characters') });
  });

  test('a large file is read in a few small pieces', async () => {
    const bytes = Buffer.concat([makeElf(plan), Buffer.alloc(1 << 24)]);
    let total = 0;
    await readElf(async (offset, length) => {
      total += length;
      return bytes.subarray(offset, offset + length);
    });
    expect(total).toBeLessThan(1 << 17);
  });
});

test('blockReader gives the same bytes as the reader below it', async () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);
  const read = blockReader(readerOf(bytes), 64, 2);
  for (const [offset, length] of [
    [0, 10],
    [60, 10],
    [63, 64],
    [990, 64],
    [64, 64],
    [500, 300],
    [2000, 5],
  ] as const)
    expect([...(await read(offset, length))]).toEqual([...bytes.subarray(offset, offset + length)]);
});

test('machines have the words of OCI configurations', () => {
  expect(goArchitecture({ machine: 183, bits: 64, byteOrder: 'little' })).toBe('arm64');
  expect(goArchitecture({ machine: 21, bits: 64, byteOrder: 'little' })).toBe('ppc64le');
  expect(goArchitecture({ machine: 1, bits: 32, byteOrder: 'big' })).toBeUndefined();
});
