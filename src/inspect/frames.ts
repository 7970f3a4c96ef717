/**
 * The collector's framing, read back. Between the frames may stand anything: a profile's greeting, a message of the
 * day. Only lines with the run's nonce count, and content counts only if length and checksum agree.
 *
 *     assay-begin NONCE VERSION NODE
 *     assay-frame NONCE ID STATUS CODING LENGTH sha256:HEX|cksum:NUMBER
 *     …content in base64, or in hex where base64 is missing…
 *     assay-end NONCE ID
 *     assay-done NONCE COUNT [REASON]
 */
import { createHash } from 'node:crypto';

/** How an ask ended on the node: `ok`, `absent`, `denied`, `error`, `cut`, `exit=N`, `timeout=SECONDS`. */
export interface Frame {
  readonly id: string;
  readonly status: string;
  readonly bytes: Uint8Array;
}

/** Everything framed in one text. */
export interface Frames {
  /** Undefined when the text does not begin as it should: then nothing in it can be believed. */
  readonly node?: string;
  readonly good: ReadonlyMap<string, Frame>;
  /** Frames that were there but cannot be believed, with why. */
  readonly bad: ReadonlyMap<string, string>;
  /** The reason on the closing line (`done` without one); undefined when the text ends before it. */
  readonly ended?: string;
  /** How many frames the closing line says there are. */
  readonly count?: number;
}

const version = '1';

/** CRC of POSIX cksum (XCU cksum: CRC-32/CKSUM over the content and its length). */
export function posixChecksum(bytes: Uint8Array): number {
  let crc = 0;
  const feed = (byte: number): void => {
    crc = (crc ^ (byte << 24)) >>> 0;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? ((crc << 1) ^ 0x04c11db7) >>> 0 : (crc << 1) >>> 0;
  };
  for (const byte of bytes) feed(byte);
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) feed(length % 256);
  return ~crc >>> 0;
}

function decode(coding: string, lines: readonly string[]): Buffer | undefined {
  const text = lines.join('').replaceAll(/\s/g, '');
  if (coding === 'base64' && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  if (coding === 'hex' && /^([0-9a-f]{2})*$/.test(text)) return Buffer.from(text, 'hex');
  return undefined;
}

/** Why the content cannot be believed, or undefined. */
function doubt(bytes: Buffer | undefined, length: string, checksum: string): string | undefined {
  if (!bytes) return 'its content is not in the coding it names';
  if (String(bytes.length) !== length) return `it is ${bytes.length} bytes long and should be ${length}`;
  const [kind = '', sum = ''] = checksum.split(':');
  const found =
    kind === 'sha256' ? createHash('sha256').update(bytes).digest('hex') : kind === 'cksum' ? posixChecksum(bytes) : '';
  return String(found) === sum && sum !== '' ? undefined : 'its checksum does not agree';
}

const statusPattern = /^(?:ok|absent|denied|error|cut|exit=\d{1,3}|timeout=\d{1,6})$/;

interface Opened {
  readonly id: string;
  readonly status: string;
  readonly coding: string;
  readonly length: string;
  readonly checksum: string;
  readonly lines: string[];
}

/** Reads all frames with this nonce. Never throws: what does not fit makes its ask unknown. */
export function readFrames(text: string, nonce: string): Frames {
  const good = new Map<string, Frame>();
  const bad = new Map<string, string>();
  let node: string | undefined;
  let ended: string | undefined;
  let count: number | undefined;
  let open: Opened | undefined;
  const refuse = (id: string, why: string): void => {
    good.delete(id);
    bad.set(id, why);
  };
  for (const line of text.split('\n')) {
    const words = line.replace(/\r$/, '').split(' ');
    const [word = '', given = '', id = '', status = '', coding = '', length = '', checksum = ''] = words;
    if (given !== nonce || !word.startsWith('assay-')) {
      open?.lines.push(line);
      continue;
    }
    if (word === 'assay-end' && open?.id === id) {
      const bytes = decode(open.coding, open.lines);
      const why = doubt(bytes, open.length, open.checksum);
      if (good.has(id) || bad.has(id)) refuse(id, 'it is there twice');
      else if (why || !bytes) refuse(id, why ?? '');
      else good.set(id, { id, status: open.status, bytes });
      open = undefined;
      continue;
    }
    if (open) refuse(open.id, 'it is cut off');
    open = undefined;
    if (word === 'assay-begin' && id === version && status !== '') node ??= status;
    else if (word === 'assay-done') {
      ended = status === '' ? 'done' : status;
      if (/^\d+$/.test(id)) count = Number(id);
    } else if (word === 'assay-frame' && id !== '') {
      if (words.length === 7 && statusPattern.test(status)) open = { id, status, coding, length, checksum, lines: [] };
      else refuse(id, 'its first line is damaged');
    }
  }
  if (open) refuse(open.id, 'it is cut off');
  return {
    ...(node !== undefined && { node }),
    good,
    bad,
    ...(ended !== undefined && { ended }),
    ...(count !== undefined && { count }),
  };
}
