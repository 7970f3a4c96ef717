import { describe, expect, test } from 'vitest';
import { type Elf, readElf, readerOf } from '../../src/base/elf.ts';
import { readElfSymbol, readElfSymbols, readElfVersions } from '../../src/base/elf-symbols.ts';
import { makeElf } from './elf-file.ts';

const plan = {
  soname: 'libmpi.so.40',
  defines: { MPI_Init: 'code', ompi_version_string: '4.1.4' },
  imports: ['malloc', 'PMIx_Init'],
  versionsNeeded: { 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.34'], 'libm.so.6': ['GLIBC_2.29'] },
  versionsDefined: ['MPI_1', 'MPI_2'],
};

async function elfOf(bytes: Uint8Array): Promise<Elf> {
  const elf = await readElf(readerOf(bytes));
  if ('notElf' in elf) throw new Error(elf.why);
  return elf;
}

describe.each([
  { bits: 64, byteOrder: 'little' },
  { bits: 64, byteOrder: 'big' },
  { bits: 32, byteOrder: 'little' },
  { bits: 32, byteOrder: 'big' },
] as const)('$bits bits $byteOrder', (kind) => {
  test.each(['gnu', 'sysv', 'sections'] as const)('symbols are counted through %s', async (hash) => {
    const bytes = makeElf({ ...plan, ...kind, hash });
    const elf = await elfOf(bytes);
    const symbols = await readElfSymbols(readerOf(bytes), elf);
    if ('unreadable' in symbols) throw new Error(symbols.unreadable);
    expect([...symbols.defined.keys()]).toEqual(['MPI_Init', 'ompi_version_string']);
    expect([...symbols.imported]).toEqual(['malloc', 'PMIx_Init']);
    const symbol = symbols.defined.get('ompi_version_string');
    const text = symbol && (await readElfSymbol(readerOf(bytes), elf, symbol));
    expect(text && Buffer.from(text).toString()).toBe('4.1.4\0');
  });

  test('versions needed and defined', async () => {
    const bytes = makeElf({ ...plan, ...kind });
    const versions = await readElfVersions(readerOf(bytes), await elfOf(bytes));
    if ('unreadable' in versions) throw new Error(versions.unreadable);
    expect(Object.fromEntries(versions.needed)).toEqual(plan.versionsNeeded);
    expect(versions.defined).toEqual(plan.versionsDefined);
  });
});

test('without any table that counts symbols there is a reason', async () => {
  const bytes = makeElf({ ...plan, hash: 'none' });
  expect(await readElfSymbols(readerOf(bytes), await elfOf(bytes))).toMatchObject({
    unreadable: expect.stringContaining('number'),
  });
});

test('a file without symbols and versions has none', async () => {
  const elf = { ...(await elfOf(makeElf())), dynamic: new Map() };
  expect(await readElfSymbols(readerOf(makeElf()), elf)).toEqual({ defined: new Map(), imported: new Set() });
  expect(await readElfVersions(readerOf(makeElf()), elf)).toEqual({ needed: new Map(), defined: [] });
});

/** A small generator (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

test('10,000 damaged files: no exception, no large read, bounded time', async () => {
  const next = random(1);
  const pick = (below: number): number => Math.floor(next() * below);
  const originals = [
    makeElf({ ...plan, interpreter: '/lib/ld.so', needed: ['a', 'b'], hash: 'gnu' }),
    makeElf({ ...plan, hash: 'sysv', bits: 32, byteOrder: 'big' }),
    makeElf({ ...plan, hash: 'sections' }),
  ];
  const extremes = [0, 1, 0x7f, 0x80, 0xff];
  let sound = 0;
  for (let round = 0; round < 10_000; round += 1) {
    let bytes = Buffer.from(originals[round % originals.length] ?? []);
    for (let flips = 1 + pick(8); flips > 0; flips -= 1) {
      const at = pick(bytes.length);
      const width = pick(3) === 0 ? 4 : 1;
      bytes.fill(
        pick(2) === 0 ? pick(256) : (extremes[pick(extremes.length)] ?? 0),
        at,
        Math.min(at + width, bytes.length),
      );
    }
    if (pick(4) === 0) bytes = bytes.subarray(0, pick(bytes.length));
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      if (!Number.isSafeInteger(offset) || offset < 0 || length > 1 << 28) throw new Error(`${offset} ${length}`);
      return bytes.subarray(offset, offset + length);
    };
    const elf = await readElf(read);
    if ('notElf' in elf) continue;
    sound += 1;
    await readElfSymbols(read, elf);
    await readElfVersions(read, elf);
  }
  expect(sound).toBeGreaterThan(1000);
}, 30_000);
