/**
 * Where a tar archive ends: at two blocks of zeros that stand where a header would (pax(1), ustar Interchange Format), as
 * Go's reader sees it, which containerd, Podman and umoci use. What lies behind is nobody's: a reader that went on there
 * would unpack another image than they do.
 */

/** Bytes of a tar block. */
export const blockBytes = 512;

const zeros = Buffer.alloc(blockBytes);

/** Follows an archive's bytes and entries side by side. */
export interface ArchiveEnd {
  /** Takes the next bytes, before the parser has them. */
  readonly bytes: (piece: Uint8Array) => void;
  /** Takes an entry as the parser finds it; false when the archive ended before it. */
  readonly entry: (entry: { readonly byteOffset: number; readonly size: number }) => boolean;
  /** True when the end stands behind the last entry taken. */
  readonly reached: () => boolean;
  /** True when the bytes stop within a header or a content, or a lone block of zeros stands among the entries. */
  readonly damaged: () => boolean;
}

/** A new follower. */
export function archiveEnd(): ArchiveEnd {
  let length = 0;
  /** Where the last content ends, and where the next header must stand. */
  let contentEnd = 0;
  let next = 0;
  let lone = false;
  let ended = false;
  /** Blocks of zeros from `next` on, by number; and the bytes of zeros at the start of an unfinished block. */
  const empty = new Set<number>();
  let zerosInBlock = 0;
  const isEnd = (): boolean => {
    const block = next / blockBytes;
    return empty.has(block) && (empty.has(block + 1) || length <= next + blockBytes);
  };
  return {
    bytes: (piece) => {
      for (let at = 0; at < piece.length; ) {
        const inBlock = length % blockBytes;
        // Content is not looked at: only what stands where headers do decides.
        const skip = next - length;
        const count = Math.min(piece.length - at, skip > blockBytes ? skip : blockBytes - inBlock);
        if (skip <= 0) {
          if (inBlock === 0) zerosInBlock = 0;
          const part = piece.subarray(at, at + count);
          if (zerosInBlock === inBlock && zeros.subarray(0, count).equals(part)) zerosInBlock += count;
          if (zerosInBlock === blockBytes) empty.add(Math.floor(length / blockBytes));
        }
        at += count;
        length += count;
      }
    },
    entry: ({ byteOffset, size }) => {
      if (ended || isEnd()) {
        ended = true;
        return false;
      }
      if (empty.has(next / blockBytes)) lone = true;
      contentEnd = byteOffset + size;
      next = Math.ceil(contentEnd / blockBytes) * blockBytes;
      for (const block of empty) if (block * blockBytes < next) empty.delete(block);
      return true;
    },
    reached: () => ended || isEnd(),
    damaged: () => {
      if (lone) return true;
      if (ended || isEnd() || length % blockBytes === 0) return false;
      return length < contentEnd || length > next;
    },
  };
}
