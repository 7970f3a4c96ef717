/** Build-ids in ELF notes, as the kernel shows them for itself and for its modules. */

/** Whether a note may span these sizes; beyond that the byte order is wrong or the bytes are none of notes. */
const plausible = 1 << 16;

/**
 * All GNU build-ids in ELF notes (elf(5), NT_GNU_BUILD_ID = 3, owner `GNU`), as hex, in order. Both byte orders are tried:
 * the one in which the bytes are notes is taken. Empty when there is none.
 */
export function buildIdsOf(notes: Uint8Array): readonly string[] {
  const bytes = Buffer.from(notes);
  for (const little of [true, false]) {
    const found: string[] = [];
    const word = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
    for (let at = 0; at + 12 <= bytes.length; ) {
      const [nameSize, size, type] = [word(at), word(at + 4), word(at + 8)];
      const content = at + 12 + Math.ceil(nameSize / 4) * 4;
      if (nameSize > plausible || size > plausible || content + size > bytes.length) break;
      if (type === 3 && bytes.toString('latin1', at + 12, at + 12 + nameSize) === 'GNU\0')
        found.push(bytes.toString('hex', content, content + size));
      at = content + Math.ceil(size / 4) * 4;
    }
    if (found.length > 0) return found;
  }
  return [];
}
