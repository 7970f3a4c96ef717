/**
 * Dynamic symbols and symbol versions of an ELF file (gABI "Symbol Table", "Hash Table"; LSB 5 core "Symbol
 * Versioning"; the GNU hash table as in glibc's dl-lookup.c). As hostile a file as in `elf.ts`: every walk is counted.
 */
import {
  blockReader,
  dynamicTag,
  type Elf,
  type ElfFields,
  elfFields,
  fileOffset,
  type ReadAt,
  readExactly,
  readString,
} from './elf.ts';

/** A symbol the file defines; `address` and `size` as st_value and st_size. */
export interface ElfSymbol {
  readonly address: number;
  readonly size: number;
}

/** Global and weak dynamic symbols, by name without version. */
export interface ElfSymbols {
  readonly defined: ReadonlyMap<string, ElfSymbol>;
  readonly imported: ReadonlySet<string>;
}

/**
 * Symbol versions. `needed` = DT_VERNEED by library (its soname), without the weak ones, whose absence ld.so only warns of;
 * `defined` = DT_VERDEF without the base entry.
 */
export interface ElfVersions {
  readonly needed: ReadonlyMap<string, readonly string[]>;
  readonly defined: readonly string[];
}

/** Why a table could not be read. */
export interface ElfUnreadable {
  readonly unreadable: string;
}

/** Most that is read of one file; LLVM and PyTorch stay below a fifth. A longer name is a table that lies. */
const most = {
  symbols: 1 << 20,
  stringBytes: 1 << 27,
  name: 1 << 13,
  versions: 1 << 14,
  versionTexts: 1 << 20,
  buckets: 1 << 20,
};

/** The dynamic symbols, counted by the section headers, DT_HASH or DT_GNU_HASH. A file without any has none. */
export async function readElfSymbols(source: ReadAt, elf: Elf): Promise<ElfSymbols | ElfUnreadable> {
  const read = blockReader(source);
  const none: ElfSymbols = { defined: new Map(), imported: new Set() };
  const address = elf.dynamic.get(dynamicTag.symtab);
  if (address === undefined) return none;
  const table = fileOffset(elf, address);
  const count = await symbolCount(read, elf, table);
  if (count === undefined) return { unreadable: 'the number of its dynamic symbols cannot be told' };
  if (count > most.symbols) return { unreadable: `it claims ${count} dynamic symbols` };
  const entry = elf.bits === 64 ? 24 : 16;
  const symbols = await readExactly(read, table ?? Number.NaN, count * entry);
  const names = await stringTable(read, elf);
  if (!symbols || !names) return { unreadable: 'the file ends inside its dynamic symbols' };
  return decodeSymbols(symbols, names, elf);
}

function decodeSymbols(bytes: Uint8Array, names: Uint8Array, elf: Elf): ElfSymbols {
  const fields = elfFields(bytes, elf.byteOrder);
  const wide = elf.bits === 64;
  const entry = wide ? 24 : 16;
  const defined = new Map<string, ElfSymbol>();
  const imported = new Set<string>();
  const decoder = new TextDecoder('latin1');
  for (let at = entry; at < bytes.length; at += entry) {
    const binding = (bytes[at + (wide ? 4 : 12)] ?? 0) >> 4;
    if (binding === 0) continue;
    const from = fields.u32(at);
    const text = names.subarray(from, from + most.name);
    const end = text.indexOf(0);
    if (end <= 0) continue;
    const name = decoder.decode(text.subarray(0, end));
    if (fields.u16(at + (wide ? 6 : 14)) === 0) imported.add(name);
    else if (wide) defined.set(name, { address: fields.u64(at + 8), size: fields.u64(at + 16) });
    else defined.set(name, { address: fields.u32(at + 4), size: fields.u32(at + 8) });
  }
  return { defined, imported };
}

async function stringTable(read: ReadAt, elf: Elf): Promise<Uint8Array | undefined> {
  const address = elf.dynamic.get(dynamicTag.strtab) ?? Number.NaN;
  const size = elf.dynamic.get(dynamicTag.strsz) ?? Number.NaN;
  if (!(size <= most.stringBytes)) return undefined;
  return readExactly(read, fileOffset(elf, address) ?? Number.NaN, size);
}

/**
 * The section that is this very table knows its size. Stripped of sections, DT_HASH does; the GNU table knows defined
 * symbols only, which come last, so of a file that defines none it cannot tell the imported ones.
 */
async function symbolCount(read: ReadAt, elf: Elf, table: number | undefined): Promise<number | undefined> {
  const section = elf.dynamicSymbols;
  if (section && section.offset === table) return Math.floor(section.size / (elf.bits === 64 ? 24 : 16));
  const hash = elf.dynamic.get(dynamicTag.hash);
  // s390x has 8-byte words in DT_HASH (its psABI); there the GNU table must do.
  if (hash !== undefined && !(elf.machine === 22 && elf.bits === 64)) {
    const bytes = await readExactly(read, fileOffset(elf, hash) ?? Number.NaN, 8);
    if (bytes) return elfFields(bytes, elf.byteOrder).u32(4);
  }
  const gnu = elf.dynamic.get(dynamicTag.gnuHash);
  return gnu === undefined ? undefined : gnuCount(read, elf, fileOffset(elf, gnu) ?? Number.NaN);
}

/** One past the highest symbol of the GNU hash table: the chain of the highest bucket ends at an odd hash value. */
async function gnuCount(read: ReadAt, elf: Elf, table: number): Promise<number | undefined> {
  const head = await readExactly(read, table, 16);
  if (!head) return undefined;
  const fields = elfFields(head, elf.byteOrder);
  const [bucketCount, first, bloomWords] = [fields.u32(0), fields.u32(4), fields.u32(8)];
  if (bucketCount > most.buckets || bloomWords > most.buckets) return undefined;
  const bucketsAt = table + 16 + bloomWords * (elf.bits / 8);
  const bytes = await readExactly(read, bucketsAt, bucketCount * 4);
  if (!bytes) return undefined;
  const buckets = elfFields(bytes, elf.byteOrder);
  let last = 0;
  for (let at = 0; at < bytes.length; at += 4) last = Math.max(last, buckets.u32(at));
  if (last < first) return first;
  const chains = bucketsAt + bytes.length;
  while (last < most.symbols) {
    const step = await read(chains + (last - first) * 4, 1 << 12);
    const hashes = elfFields(step, elf.byteOrder);
    if (step.length < 4) return undefined;
    for (let at = 0; at + 4 <= step.length; at += 4, last += 1) if (hashes.u32(at) % 2 === 1) return last + 1;
  }
  return undefined;
}

/** The symbol versions a file needs and defines. */
export async function readElfVersions(source: ReadAt, elf: Elf): Promise<ElfVersions | ElfUnreadable> {
  const read = blockReader(source);
  const strings = fileOffset(elf, elf.dynamic.get(dynamicTag.strtab) ?? Number.NaN) ?? Number.NaN;
  const unreadable = { unreadable: 'its symbol versions cannot be read' };
  let texts = 0;
  const text = async (at: number): Promise<string | undefined> => {
    const found = texts > most.versionTexts ? undefined : await readString(read, strings + at);
    texts += found?.length ?? 0;
    return found;
  };
  // Verneed: vn_cnt at 2, vn_file at 4, vn_aux at 8, vn_next at 12; Vernaux: vna_flags at 4 (2 = weak), vna_name at 8,
  // vna_next at 12.
  const needs = await records(read, elf, elf.dynamic.get(dynamicTag.verneed), dynamicTag.verneednum, 12);
  const needed = new Map<string, string[]>();
  let budget = most.versions;
  for (const { at, fields } of needs ?? []) {
    const file = await text(fields.u32(4));
    const names = await chain(read, elf, at + fields.u32(8), Math.min(fields.u16(2), budget), 12);
    if (file === undefined || !names) return unreadable;
    budget -= names.length;
    const versions = needed.get(file) ?? [];
    needed.set(file, versions);
    for (const record of names) {
      const version = await text(record.fields.u32(8));
      if (version === undefined) return unreadable;
      if ((record.fields.u16(4) & 2) === 0) versions.push(version);
    }
  }
  // Verdef: vd_flags at 2 (1 = the base entry), vd_aux at 12, vd_next at 16; Verdaux: vda_name at 0.
  const defines = await records(read, elf, elf.dynamic.get(dynamicTag.verdef), dynamicTag.verdefnum, 16);
  const defined: string[] = [];
  for (const { at, fields } of defines ?? []) {
    if (fields.u16(2) % 2 === 1) continue;
    const [name] = (await chain(read, elf, at + fields.u32(12), 1, 4)) ?? [];
    const version = name && (await text(name.fields.u32(0)));
    if (version === undefined) return unreadable;
    defined.push(version);
  }
  return needs && defines ? { needed, defined } : unreadable;
}

interface VersionRecord {
  readonly at: number;
  readonly fields: ElfFields;
}

/** The records of a version table; none when the file has no such table, undefined when it cannot be read. */
async function records(
  read: ReadAt,
  elf: Elf,
  address: number | undefined,
  countTag: number,
  link: number,
): Promise<readonly VersionRecord[] | undefined> {
  if (address === undefined) return [];
  const count = elf.dynamic.get(countTag) ?? 0;
  if (!(count <= most.versions)) return undefined;
  return chain(read, elf, fileOffset(elf, address) ?? Number.NaN, count, link);
}

/** At most `count` records, each of which holds at `link` the distance to the next, 0 in the last. */
async function chain(
  read: ReadAt,
  elf: Elf,
  start: number,
  count: number,
  link: number,
): Promise<readonly VersionRecord[] | undefined> {
  const found: VersionRecord[] = [];
  let at = start;
  while (found.length < count) {
    const bytes = await readExactly(read, at, link + 4);
    if (!bytes) return undefined;
    const fields = elfFields(bytes, elf.byteOrder);
    found.push({ at, fields });
    const next = fields.u32(link);
    if (next === 0) break;
    at += next;
  }
  return found;
}

/** Bytes that a symbol stands for, at most `limit`; undefined when the file does not hold them. */
export async function readElfSymbol(
  read: ReadAt,
  elf: Elf,
  symbol: ElfSymbol,
  limit = 4096,
): Promise<Uint8Array | undefined> {
  return readExactly(read, fileOffset(elf, symbol.address) ?? Number.NaN, Math.min(symbol.size, limit));
}
