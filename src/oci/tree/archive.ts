/** The entries of a tar archive: the one import site of tar-stream. */
import type { Extract } from 'tar-stream';
import { HarnessError } from '../../base/error.ts';
import { type ArchiveEnd, archiveEnd, blockBytes } from './archive-end.ts';
import type { TarHeader } from './layer-writer.ts';

/** Types whose entries have no content, whatever their size says; readers differ in whether they pass over it. */
const bare = new Set(['link', 'symlink', 'character-device', 'block-device', 'fifo']);

/**
 * Calls `work` for each entry in order, with its content, which `work` may leave unread. Bytes are read to their end in any
 * case, so that whoever gives them can check them. Throws what `bytes` or `work` throws, or an Error that says what is
 * wrong with the archive; `abandon` is called before it waits for the bytes to stop.
 */
export async function readArchive(
  bytes: AsyncIterable<Uint8Array>,
  work: (header: TarHeader, content: AsyncIterable<Uint8Array>) => Promise<void>,
  abandon: () => void,
): Promise<void> {
  const { extract } = await import('tar-stream');
  // V7 archives have no magic number; their checksum is looked at all the same. The package's types lack the option.
  const parser = extract({ allowUnknownFormat: true } as object);
  const end = archiveEnd();
  let refused: unknown;
  parser.on('error', (error) => {
    refused ??= error;
  });
  const fed = feed(bytes, parser, end);
  try {
    for await (const entry of parser) {
      const header = entry.header as unknown as TarHeader & { readonly byteOffset?: number };
      const size = header.type === 'directory' ? 0 : header.size;
      if (end.entry({ byteOffset: header.byteOffset ?? 0, size })) {
        if (size > 0 && bare.has(header.type ?? ''))
          throw new Error(`the entry ${JSON.stringify(header.name.slice(0, 200))} has a content that its type forbids`);
        await work(header, entry as AsyncIterable<Uint8Array>);
      }
      // What an entry did not want is passed over; the parser waits for that.
      entry.resume();
    }
  } catch (error) {
    // Behind the end may lie anything.
    const behind = refused !== undefined && end.reached();
    if (!behind) {
      parser.destroy();
      abandon();
    }
    const cause = await fed;
    // An error of the bytes shows up here as the parser's; the bytes' own says more.
    if (!behind) throw cause instanceof HarnessError ? cause : (refused ?? error);
  }
  const cause = await fed;
  if (cause !== undefined) throw cause;
  if (end.damaged()) throw new Error('Unexpected end of data');
}

/**
 * Writes bytes into the parser, waiting when it is full, and fills up the last block: umoci 0.4.7 ends an archive right
 * behind its last file, which Go's reader takes. Never rejects: the error of the bytes, if any, is the value.
 */
async function feed(bytes: AsyncIterable<Uint8Array>, parser: Extract, end: ArchiveEnd): Promise<unknown> {
  let length = 0;
  let closed = false;
  let wake = (): void => {};
  parser.on('drain', () => wake());
  parser.on('close', () => {
    closed = true;
    wake();
  });
  const write = async (piece: Uint8Array): Promise<void> => {
    if (closed || parser.write(piece)) return;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (closed) resolve();
    });
  };
  try {
    for await (const piece of bytes) {
      length += piece.length;
      end.bytes(piece);
      if (closed && !end.reached()) return undefined;
      await write(piece);
    }
    if (length % blockBytes !== 0) await write(new Uint8Array(blockBytes - (length % blockBytes)));
    if (!closed) parser.end(null);
    return undefined;
  } catch (error) {
    parser.destroy(error instanceof Error ? error : null);
    return error;
  }
}
