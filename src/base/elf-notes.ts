/**
 * GNU notes of an ELF file (gABI "Note Section"; glibc's elf.h and sysdeps/x86; x86-64 psABI "Program Property"): which
 * kernel it needs at least, and for which level of x86-64 it was built. As hostile a file as in `elf.ts`.
 */
import { blockReader, type Elf, elfFields, type ReadAt, readExactly } from './elf.ts';

/** What the notes say; a member that no note tells is left out. */
export interface ElfNotes {
  /** Oldest Linux that the file is made for, `3.2.0`: NT_GNU_ABI_TAG. */
  readonly kernel?: string;
  /** Highest x86-64 level that is needed, 1 (baseline) to 4: GNU_PROPERTY_X86_ISA_1_NEEDED. */
  readonly x86Level?: number;
}

/** Real files have two or three notes of at most 100 bytes; a core's are no business of ours. */
const most = { segments: 32, bytes: 1 << 16, notes: 256, properties: 256 };

const noteType = { abiTag: 1, property: 5 } as const;
const isaNeeded = 0xc0008002;

/** Reads the GNU notes. A note that is cut or of no known form tells nothing; it is never an error. */
export async function readElfNotes(source: ReadAt, elf: Elf): Promise<ElfNotes> {
  const read = blockReader(source);
  let kernel: string | undefined;
  let x86Level: number | undefined;
  for (const { offset, size, align } of elf.notes.slice(0, most.segments)) {
    if (!(size > 0 && size <= most.bytes)) continue;
    const bytes = await readExactly(read, offset, size);
    if (!bytes) continue;
    // Property notes of 64-bit files are aligned to 8, all others to 4 (gABI: by p_align).
    for (const { type, content } of notesIn(bytes, elf, align === 8 ? 8 : 4)) {
      if (type === noteType.abiTag) kernel ??= abiTagOf(content, elf);
      if (type === noteType.property) x86Level = Math.max(x86Level ?? 0, x86LevelOf(content, elf) ?? 0) || undefined;
    }
  }
  return { ...(kernel !== undefined && { kernel }), ...(x86Level !== undefined && { x86Level }) };
}

interface Note {
  readonly type: number;
  readonly content: Uint8Array;
}

/** The notes of the owner `GNU`. */
function notesIn(bytes: Uint8Array, elf: Elf, align: number): readonly Note[] {
  const fields = elfFields(bytes, elf.byteOrder);
  const up = (value: number): number => Math.ceil(value / align) * align;
  const notes: Note[] = [];
  let at = 0;
  for (let count = 0; count < most.notes && at + 12 <= bytes.length; count += 1) {
    const [nameSize, size] = [fields.u32(at), fields.u32(at + 4)];
    const content = at + up(12 + nameSize);
    if (!(content + size <= bytes.length)) break;
    const owner = Buffer.from(bytes.subarray(at + 12, at + 12 + nameSize)).toString('latin1');
    if (owner === 'GNU\0') notes.push({ type: fields.u32(at + 8), content: bytes.subarray(content, content + size) });
    at = content + up(size);
  }
  return notes;
}

/** Four words: the system (0 = Linux), then the three parts of the version. */
function abiTagOf(content: Uint8Array, elf: Elf): string | undefined {
  const fields = elfFields(content, elf.byteOrder);
  const parts = [fields.u32(4), fields.u32(8), fields.u32(12)];
  return fields.u32(0) === 0 && parts.every((part) => part <= 0xffff) ? parts.join('.') : undefined;
}

/** Each property: type, size, value, filled up to the word size. The value has one bit a level, lowest first. */
function x86LevelOf(content: Uint8Array, elf: Elf): number | undefined {
  if (elf.machine !== 62 && elf.machine !== 3) return undefined;
  const fields = elfFields(content, elf.byteOrder);
  const word = elf.bits / 8;
  let at = 0;
  for (let count = 0; count < most.properties && at + 8 <= content.length; count += 1) {
    const size = fields.u32(at + 4);
    if (fields.u32(at) === isaNeeded && size === 4) {
      // Bits above the fourth are not given out yet.
      const bits = fields.u32(at + 8) & 0xf;
      return bits > 0 ? 32 - Math.clz32(bits) : undefined;
    }
    at += 8 + Math.ceil(size / word) * word;
  }
  return undefined;
}
