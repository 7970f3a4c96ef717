import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readElf, readerOf } from '../../src/base/elf.ts';
import { type ElfNotes, readElfNotes } from '../../src/base/elf-notes.ts';
import { type ElfPlan, makeElf } from './elf-file.ts';

function words(big: boolean, ...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries())
    big ? bytes.writeUInt32BE(value, i * 4) : bytes.writeUInt32LE(value, i * 4);
  return bytes;
}

function note(type: number, content: Buffer, owner = 'GNU\0', big = false): Buffer {
  const name = Buffer.alloc(Math.ceil(owner.length / 4) * 4);
  name.write(owner, 'latin1');
  const padding = Buffer.alloc((8 - (content.length % 8)) % 8);
  return Buffer.concat([words(big, owner.length, content.length, type), name, content, padding]);
}

const abi = (...version: readonly number[]) => note(1, words(false, 0, ...version));
const property = (...values: readonly number[]) => note(5, words(false, ...values));
const isa = (bits: number) => property(0xc0008002, 4, bits, 0);

async function notesOf(bytes: Uint8Array): Promise<ElfNotes> {
  const read = readerOf(bytes);
  const elf = await readElf(read);
  if ('notElf' in elf) throw new Error(elf.why);
  return readElfNotes(read, elf);
}

const made = (notes: Uint8Array, plan: ElfPlan = {}) => notesOf(makeElf({ ...plan, notes }));

describe('readElfNotes', () => {
  test('the oldest kernel of NT_GNU_ABI_TAG; another system is none', async () => {
    expect(await made(abi(3, 2, 0))).toEqual({ kernel: '3.2.0' });
    expect(await made(note(1, words(false, 1, 3, 2, 0)))).toEqual({});
    expect(await made(note(1, words(false, 0, 3)))).toEqual({});
    expect(await made(note(1, words(true, 0, 3, 7, 0), 'GNU\0', true), { byteOrder: 'big', machine: 22 })).toEqual({
      kernel: '3.7.0',
    });
  });

  test.each([
    [1, 1],
    [3, 2],
    [7, 3],
    [4, 3],
    [15, 4],
    [0xfff8, 4],
  ])('the levels %i of GNU_PROPERTY_X86_ISA_1_NEEDED come to %i', async (bits, x86Level) => {
    expect(await made(isa(bits))).toEqual({ x86Level });
  });

  test('other notes and properties, before and behind, are passed over', async () => {
    const others = [note(3, Buffer.alloc(20)), note(5, words(false, 0, 0, 0, 0), 'Go\0\0'), abi(4, 4, 0)];
    expect(await made(Buffer.concat([...others, property(0xc0000002, 4, 3, 0, 0xc0008002, 4, 7, 0)]))).toEqual({
      kernel: '4.4.0',
      x86Level: 3,
    });
    expect(await made(isa(0))).toEqual({});
    // USED (0xc0010002) says what a file uses where it can, and asks for nothing.
    expect(await made(property(0xc0010002, 4, 15, 0))).toEqual({});
    expect(await made(isa(7), { machine: 183 })).toEqual({});
  });

  test('cut and absurd notes tell nothing', async () => {
    expect(await made(abi(3, 2, 0).subarray(0, 24))).toEqual({});
    expect(await made(words(false, 0xffffffff, 16, 1, 0))).toEqual({});
    expect(await made(words(false, 4, 0xffffffff, 1, 0))).toEqual({});
    expect(await made(new Uint8Array())).toEqual({});
  });

  test("this machine's own shell and C library", async () => {
    for (const path of ['/bin/sh', process.execPath]) {
      const bytes = readFileSync(path);
      if (bytes[4] !== 2) continue;
      expect((await notesOf(bytes)).kernel ?? '2.6.32').toMatch(/^\d+\.\d+\.\d+$/);
    }
  });

  test('whatever bytes are changed, nothing is thrown and little is read', async () => {
    const bytes = Buffer.from(makeElf({ notes: Buffer.concat([abi(3, 2, 0), isa(7)]), needed: ['libc.so.6'] }));
    let seed = 42;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % below;
    };
    for (let round = 0; round < 3000; round += 1) {
      const broken = Buffer.from(bytes.subarray(0, round % 3 === 0 ? random(bytes.length) : bytes.length));
      for (let flips = 0; flips < 4 && broken.length > 0; flips += 1) broken[random(broken.length)] = random(256);
      const asked: number[] = [];
      const read = async (offset: number, length: number) => {
        asked.push(length);
        return broken.subarray(offset, offset + length);
      };
      const elf = await readElf(read);
      if ('notElf' in elf) continue;
      await readElfNotes(read, elf);
      expect(Math.max(...asked)).toBeLessThanOrEqual(1 << 22);
    }
  });
});
