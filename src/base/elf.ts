/**
 * ELF files (System V ABI, gABI chapters 4 and 5), read piece by piece: what runs them, what they need, where they look
 * for it. A file is untrusted: whatever it holds, the answer is an Elf or a reason, never an exception, and no read or
 * allocation is larger than the limits below.
 */

/** Reads `length` bytes from `offset`; gives fewer (or none) where the file ends. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** A part of the file that is loaded: PT_LOAD, as (address, file offset, bytes in the file). */
interface ElfSegment {
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

/** A part of the file that holds notes, with the alignment of what is in it (p_align). */
export interface ElfNoteSegment {
  readonly offset: number;
  readonly size: number;
  readonly align: number;
}

/** What the headers and the dynamic section of an ELF file say. */
export interface Elf {
  readonly bits: 32 | 64;
  readonly byteOrder: 'little' | 'big';
  /** e_machine, such as 62 (x86-64) or 183 (AArch64). */
  readonly machine: number;
  /** e_type; a position-independent program is `shared` with an interpreter. */
  readonly type: 'relocatable' | 'executable' | 'shared' | 'core' | 'other';
  /** PT_INTERP: the program that loads this one, such as `/lib64/ld-linux-x86-64.so.2`. */
  readonly interpreter?: string;
  readonly soname?: string;
  readonly needed: readonly string[];
  /** DT_RPATH and DT_RUNPATH, split at colons, as written ($ORIGIN is not expanded). */
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
  readonly segments: readonly ElfSegment[];
  /** First value of every dynamic tag; empty when the file has no dynamic section. */
  readonly dynamic: ReadonlyMap<number, number>;
  /** PT_NOTE and PT_GNU_PROPERTY: where notes lie in the file. */
  readonly notes: readonly ElfNoteSegment[];
  /** File offset and size of the section header table's SHT_DYNSYM, when there is one. */
  readonly dynamicSymbols?: { readonly offset: number; readonly size: number };
}

/** Why a file could not be read as ELF. `other` = it does not claim to be ELF; `broken` = it does, and is not. */
export interface NotElf {
  readonly notElf: 'other' | 'broken';
  readonly why: string;
}

/** Dynamic tags used here (gABI figure 5-10 and the GNU extensions of glibc's elf.h). */
export const dynamicTag = {
  needed: 1,
  hash: 4,
  strtab: 5,
  symtab: 6,
  strsz: 10,
  soname: 14,
  rpath: 15,
  runpath: 29,
  gnuHash: 0x6ffffef5,
  versym: 0x6ffffff0,
  verdef: 0x6ffffffc,
  verdefnum: 0x6ffffffd,
  verneed: 0x6ffffffe,
  verneednum: 0x6fffffff,
} as const;

/** Largest tables accepted. Real files stay far below: libtorch needs some 30 libraries and 200 kB of section headers. */
const most = {
  programHeaders: 4096,
  dynamicBytes: 1 << 20,
  needed: 4096,
  string: 1 << 16,
  /** All names and paths of the dynamic section together, in characters. */
  texts: 1 << 18,
  sectionBytes: 1 << 22,
};

/** Thrown inside this file only, caught in `readElf`. */
class Broken extends Error {}

/** Numbers of a byte array in the file's byte order. Past the end it says what was cut. */
export interface ElfFields {
  readonly u16: (at: number) => number;
  readonly u32: (at: number) => number;
  /** 8 bytes; what is beyond 2^53 comes as Infinity, and no offset or size can be that. */
  readonly u64: (at: number) => number;
}

/** Fields of some bytes; reading past their end gives NaN, which fails every later test of range. */
export function elfFields(bytes: Uint8Array, byteOrder: Elf['byteOrder']): ElfFields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = byteOrder === 'little';
  const holds = (at: number, length: number): boolean => at >= 0 && at + length <= bytes.byteLength;
  return {
    u16: (at) => (holds(at, 2) ? view.getUint16(at, little) : Number.NaN),
    u32: (at) => (holds(at, 4) ? view.getUint32(at, little) : Number.NaN),
    u64: (at) => {
      if (!holds(at, 8)) return Number.NaN;
      const value = view.getBigUint64(at, little);
      return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(value);
    },
  };
}

/** A reader over bytes in memory. */
export function readerOf(bytes: Uint8Array): ReadAt {
  return async (offset, length) => bytes.subarray(offset, Math.min(offset + length, bytes.length));
}

/** A reader that asks for whole blocks and keeps the last few: headers, strings and tables lie close together. */
export function blockReader(read: ReadAt, blockSize = 1 << 14, kept = 16): ReadAt {
  const blocks = new Map<number, Uint8Array>();
  const block = async (index: number): Promise<Uint8Array> => {
    const known = blocks.get(index);
    if (known) return known;
    const bytes = await read(index * blockSize, blockSize);
    const oldest = blocks.size >= kept ? blocks.keys().next().value : undefined;
    if (oldest !== undefined) blocks.delete(oldest);
    blocks.set(index, bytes);
    return bytes;
  };
  return async (offset, length) => {
    if (length > blockSize) return read(offset, length);
    const first = Math.floor(offset / blockSize);
    const start = offset - first * blockSize;
    const head = (await block(first)).subarray(start, start + length);
    if (start + length <= blockSize || head.length < blockSize - start) return head;
    const tail = (await block(first + 1)).subarray(0, length - head.length);
    const joined = new Uint8Array(head.length + tail.length);
    joined.set(head);
    joined.set(tail, head.length);
    return joined;
  };
}

/** Exactly these bytes, or undefined when the range is absurd or the file ends before. */
export async function readExactly(read: ReadAt, offset: number, length: number): Promise<Uint8Array | undefined> {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) return undefined;
  if (!Number.isSafeInteger(offset + length)) return undefined;
  const bytes = await read(offset, length);
  return bytes.length >= length ? bytes : undefined;
}

/** The NUL-ended text at a file offset (at most 64 KiB), or undefined. Bytes that are not UTF-8 become U+FFFD. */
export async function readString(read: ReadAt, offset: number): Promise<string | undefined> {
  for (let length = 256; length <= most.string; length *= 16) {
    const known = Number.isSafeInteger(offset) && offset >= 0 ? await read(offset, length) : new Uint8Array();
    const end = known.indexOf(0);
    if (end >= 0) return new TextDecoder().decode(known.subarray(0, end));
    if (known.length < length) return undefined;
  }
  return undefined;
}

/** File offset of a loaded address, or undefined when no segment holds it. */
export function fileOffset(elf: Pick<Elf, 'segments'>, address: number): number | undefined {
  const segment = elf.segments.find((s) => address >= s.address && address < s.address + s.size);
  return segment ? address - segment.address + segment.offset : undefined;
}

/** Reads headers and dynamic section. Never throws for what the file holds; errors of `read` itself pass through. */
export async function readElf(read: ReadAt): Promise<Elf | NotElf> {
  try {
    return await readHeaders(blockReader(read));
  } catch (thrown) {
    if (thrown instanceof Broken) return { notElf: 'broken', why: thrown.message };
    throw thrown;
  }
}

async function readHeaders(read: ReadAt): Promise<Elf | NotElf> {
  const head = await read(0, 64);
  if (head.length < 4 || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46)
    return { notElf: 'other', why: 'it does not begin with 7f 45 4c 46' };
  const [bits, byteOrder] = identOf(head);
  const wide = bits === 64;
  if (head.length < (wide ? 64 : 52)) throw new Broken('the file ends inside its ELF header');
  const fields = elfFields(head, byteOrder);
  const programs = wide
    ? { offset: fields.u64(32), size: fields.u16(54), count: fields.u16(56) }
    : { offset: fields.u32(28), size: fields.u16(42), count: fields.u16(44) };
  const headers = await programHeaders(read, programs, bits, byteOrder);
  const segments = headers.filter((h) => h.type === 1 && Number.isSafeInteger(h.address + h.offset + h.size));
  const interpreter = headers.find((h) => h.type === 3);
  const dynamicHeader = headers.find((h) => h.type === 2);
  const entries = dynamicHeader ? await dynamicEntries(read, dynamicHeader, bits, byteOrder) : [];
  const dynamic = new Map<number, number>();
  for (const [tag, value] of entries) if (!dynamic.has(tag)) dynamic.set(tag, value);
  const strings = stringsOf(read, segments, dynamic);
  const needed = entries.filter(([tag]) => tag === dynamicTag.needed);
  if (needed.length > most.needed) throw new Broken(`it needs ${needed.length} libraries`);
  const texts: string[] = [];
  for (const [, at] of needed) texts.push(await strings(at));
  const text = async (tag: number): Promise<string | undefined> => {
    const at = dynamic.get(tag);
    return at === undefined ? undefined : strings(at);
  };
  const soname = await text(dynamicTag.soname);
  const dynamicSymbols = await dynamicSymbolSection(read, fields, bits, byteOrder);
  return {
    bits,
    byteOrder,
    machine: fields.u16(18),
    type: (['other', 'relocatable', 'executable', 'shared', 'core'] as const)[fields.u16(16)] ?? 'other',
    ...(interpreter && { interpreter: await interpreterOf(read, interpreter) }),
    ...(soname !== undefined && { soname }),
    needed: texts,
    rpath: splitPath(await text(dynamicTag.rpath)),
    runpath: splitPath(await text(dynamicTag.runpath)),
    segments: segments.map(({ address, offset, size }) => ({ address, offset, size })),
    dynamic,
    // PT_NOTE is 4, PT_GNU_PROPERTY 0x6474e553 (glibc's elf.h).
    notes: headers
      .filter((h) => h.type === 4 || h.type === 0x6474e553)
      .map(({ offset, size, align }) => ({ offset, size, align })),
    ...(dynamicSymbols && { dynamicSymbols }),
  };
}

function identOf(head: Uint8Array): readonly [Elf['bits'], Elf['byteOrder']] {
  const bits = head[4] === 1 ? 32 : head[4] === 2 ? 64 : undefined;
  const byteOrder = head[5] === 1 ? 'little' : head[5] === 2 ? 'big' : undefined;
  if (!bits || !byteOrder) throw new Broken(`its class is ${head[4]} and its byte order ${head[5]}`);
  return [bits, byteOrder];
}

interface ProgramHeader extends ElfSegment {
  readonly type: number;
  readonly align: number;
}

async function programHeaders(
  read: ReadAt,
  table: { readonly offset: number; readonly size: number; readonly count: number },
  bits: Elf['bits'],
  byteOrder: Elf['byteOrder'],
): Promise<readonly ProgramHeader[]> {
  const wide = bits === 64;
  if (table.count === 0) return [];
  if (table.size < (wide ? 56 : 32) || table.size > 1024 || table.count > most.programHeaders)
    throw new Broken(`it claims ${table.count} program headers of ${table.size} bytes`);
  const bytes = await readExactly(read, table.offset, table.size * table.count);
  if (!bytes) throw new Broken('the file ends before its program headers');
  const fields = elfFields(bytes, byteOrder);
  return Array.from({ length: table.count }, (_, index): ProgramHeader => {
    const at = index * table.size;
    return wide
      ? {
          type: fields.u32(at),
          offset: fields.u64(at + 8),
          address: fields.u64(at + 16),
          size: fields.u64(at + 32),
          align: fields.u64(at + 48),
        }
      : {
          type: fields.u32(at),
          offset: fields.u32(at + 4),
          address: fields.u32(at + 8),
          size: fields.u32(at + 16),
          align: fields.u32(at + 28),
        };
  });
}

async function interpreterOf(read: ReadAt, header: ProgramHeader): Promise<string> {
  const text = header.size <= 4096 ? await readString(read, header.offset) : undefined;
  if (text === undefined || text.length > header.size) throw new Broken('its interpreter cannot be read');
  return text;
}

async function dynamicEntries(
  read: ReadAt,
  header: ProgramHeader,
  bits: Elf['bits'],
  byteOrder: Elf['byteOrder'],
): Promise<readonly (readonly [number, number])[]> {
  if (!(header.size <= most.dynamicBytes)) throw new Broken(`its dynamic section claims ${header.size} bytes`);
  const bytes = await readExactly(read, header.offset, header.size);
  if (!bytes) throw new Broken('the file ends before its dynamic section');
  const fields = elfFields(bytes, byteOrder);
  const word = bits / 8;
  const entries: [number, number][] = [];
  for (let at = 0; at + 2 * word <= bytes.length; at += 2 * word) {
    const tag = bits === 64 ? fields.u64(at) : fields.u32(at);
    if (tag === 0) break;
    entries.push([tag, bits === 64 ? fields.u64(at + word) : fields.u32(at + word)]);
  }
  return entries;
}

/** Looks up strings of DT_STRTAB by their offset in it. */
function stringsOf(
  read: ReadAt,
  segments: readonly ElfSegment[],
  dynamic: ReadonlyMap<number, number>,
): (at: number) => Promise<string> {
  const table = fileOffset({ segments }, dynamic.get(dynamicTag.strtab) ?? Number.NaN);
  const size = dynamic.get(dynamicTag.strsz) ?? Number.NaN;
  let total = 0;
  return async (at) => {
    const text = table !== undefined && at < size ? await readString(read, table + at) : undefined;
    if (text === undefined) throw new Broken(`its dynamic string ${at} cannot be read`);
    total += text.length;
    if (total > most.texts) throw new Broken(`the names in its dynamic section have over ${most.texts} characters`);
    return text;
  };
}

/** Program headers are all a loader needs, so broken or missing section headers are no reason to refuse a file. */
async function dynamicSymbolSection(
  read: ReadAt,
  fields: ElfFields,
  bits: Elf['bits'],
  byteOrder: Elf['byteOrder'],
): Promise<{ readonly offset: number; readonly size: number } | undefined> {
  const wide = bits === 64;
  const [offset, size, count] = wide
    ? [fields.u64(40), fields.u16(58), fields.u16(60)]
    : [fields.u32(32), fields.u16(46), fields.u16(48)];
  if (count === 0 || size < (wide ? 64 : 40) || size * count > most.sectionBytes) return undefined;
  const bytes = await readExactly(read, offset, size * count);
  if (!bytes) return undefined;
  const table = elfFields(bytes, byteOrder);
  for (let at = 0; at < bytes.length; at += size)
    if (table.u32(at + 4) === 11)
      return wide
        ? { offset: table.u64(at + 24), size: table.u64(at + 32) }
        : { offset: table.u32(at + 16), size: table.u32(at + 20) };
  return undefined;
}

function splitPath(text: string | undefined): readonly string[] {
  return text ? text.split(':').filter((part) => part !== '') : [];
}

/** GOARCH word of a machine, as OCI image configurations use it; undefined for machines no image is made for. */
export function goArchitecture(elf: Pick<Elf, 'machine' | 'bits' | 'byteOrder'>): string | undefined {
  const little = elf.byteOrder === 'little';
  const names: Readonly<Record<number, string>> = {
    3: '386',
    21: little ? 'ppc64le' : 'ppc64',
    22: 's390x',
    40: 'arm',
    62: elf.bits === 64 ? 'amd64' : 'amd64p32',
    183: 'arm64',
    243: elf.bits === 64 ? 'riscv64' : 'riscv',
    258: 'loong64',
  };
  return names[elf.machine];
}
