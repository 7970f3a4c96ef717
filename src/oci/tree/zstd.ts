/** Zstandard frames (RFC 8878) as a stream: the one import site of fzstd. */

/** Largest window accepted, in bytes: what `zstd --long` uses. A frame could claim terabytes. */
const windowLimit = 128 * 1024 * 1024;
/** RFC 8878 section 3.1.1.2.4: no block is longer. */
const blockLimit = 128 * 1024;
// A block of four bytes can be 128 KiB of one byte, so the input goes in small pieces and the output is passed on after each.
const pieceSize = 4096;

/** The decompressed bytes; throws a plain Error for anything that is not well-formed Zstandard. */
export async function* unzstd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd');
  let out: Uint8Array[] = [];
  const decompress = new Decompress((piece) => {
    if (piece.length > 0) out.push(piece);
  });
  const guard = frameGuard();
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += pieceSize) {
      const piece = chunk.subarray(at, at + pieceSize);
      guard.pass(piece);
      decompress.push(piece);
      yield* out;
      out = [];
    }
  }
  if (!guard.atFrameEnd()) throw new Error('the Zstandard data end within a frame');
  decompress.push(new Uint8Array(0), true);
  yield* out;
}

type Part = 'magic' | 'descriptor' | 'header' | 'skippable' | 'block';

/**
 * Walks over frames and blocks without decompressing, and throws before a decoder would reserve what a header claims.
 */
function frameGuard(): { readonly pass: (bytes: Uint8Array) => void; readonly atFrameEnd: () => boolean } {
  let part: Part = 'magic';
  let want = 4;
  let got: number[] = [];
  let skip = 0;
  let flags = 0;

  const next = (to: Part, bytes: number): void => {
    part = to;
    want = bytes;
    got = [];
  };
  const number = (from: number, bytes: number): number =>
    got.slice(from, from + bytes).reduceRight((sum, byte) => sum * 256 + byte, 0);

  const header = (): void => {
    const single = (flags & 0x20) !== 0;
    const dictionary = [0, 1, 2, 4][flags & 3] ?? 0;
    const window = single
      ? number(dictionary, got.length - dictionary) + (got.length - dictionary === 2 ? 256 : 0)
      : 2 ** (10 + ((got[0] ?? 0) >> 3)) * (1 + ((got[0] ?? 0) & 7) / 8);
    if (window > windowLimit) throw new Error(`a Zstandard frame wants a window of ${window} bytes`);
    next('block', 3);
  };

  const complete = (): void => {
    if (part === 'magic') {
      const magic = number(0, 4);
      if (magic === 0xfd2fb528) next('descriptor', 1);
      else if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) next('skippable', 4);
      else throw new Error('not a Zstandard frame');
    } else if (part === 'skippable') {
      skip = number(0, 4);
      next('magic', 4);
    } else if (part === 'descriptor') {
      flags = got[0] ?? 0;
      const single = (flags & 0x20) !== 0;
      const size = flags >> 6 === 0 ? (single ? 1 : 0) : ([0, 2, 4, 8][flags >> 6] ?? 0);
      next('header', (single ? 0 : 1) + ([0, 1, 2, 4][flags & 3] ?? 0) + size);
      if (want === 0) header();
    } else if (part === 'header') {
      header();
    } else {
      const block = number(0, 3);
      const size = block >> 3;
      if (size > blockLimit) throw new Error(`a Zstandard block claims ${size} bytes`);
      skip = ((block >> 1) & 3) === 1 ? 1 : size;
      if ((block & 1) === 0) {
        next('block', 3);
      } else {
        skip += (flags & 4) === 0 ? 0 : 4;
        next('magic', 4);
      }
    }
  };

  return {
    pass: (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        if (skip > 0) {
          const step = Math.min(skip, bytes.length - at);
          skip -= step;
          at += step;
        } else {
          got.push(bytes[at] ?? 0);
          at += 1;
          if (got.length === want) complete();
        }
      }
    },
    atFrameEnd: () => part === 'magic' && got.length === 0 && skip === 0,
  };
}
