/** Answers of a node with something changed in them, the same for the same seed. */
import { probes } from '../../src/inspect/probes/index.ts';
import type { Case, Left } from './fingerprint-cases.ts';

// White space that only Unicode knows, ends of lines that only some know, bytes that are no text, and words that readers
// look for.
const odd: readonly Buffer[] = [
  ...[
    ' ',
    '  ',
    '\t',
    '\r',
    '\n',
    '\r\n',
    '\v',
    '\f',
    '\0',
    '\x01',
    '\x1b[1m',
    '\x7f',
    '"',
    "'",
    '`',
    '\\',
    '$(x)',
    '%s',
  ],
  ...[
    '=',
    ' -- ',
    ':',
    ';',
    ' | ',
    '/',
    '//',
    '.',
    '*',
    '(',
    ')',
    'é',
    '—',
    '\u00a0',
    '\u2003',
    '\u2028',
    '\u2029',
    '\u3000',
  ],
  ...['\ufeff', '\ufffd', '\u{1f600}', 'none', 'v ', 'n ', 'd ', 'e ', '-n', '0', '00', '1e3', '0x1', '-1', '+1', ''],
]
  .map((text) => Buffer.from(text))
  .concat([0x80, 0x85, 0xa0, 0xc2, 0xe2, 0xf0, 0xff].map((byte) => Buffer.from([byte])));

// Only a command has an exit status.
const statuses = ['absent', 'denied', 'error', 'cut', 'timeout=5'] as const;
const commandStatuses = [...statuses, 'exit=1', 'exit=2', 'exit=127'] as const;
const commands = new Set(
  probes.flatMap((probe) => probe.asks.flatMap(({ id, kind }) => (kind === 'command' ? [`${probe.name}.${id}`] : []))),
);

/** Numbers below a bound. */
export type Random = (below: number) => number;

/** A generator for a seed. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * Math.max(below, 1));
  };
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

function spliced(bytes: Buffer, at: number, gone: number, come: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), come, bytes.subarray(at + gone)]);
}

/** One change of bytes. */
function changed(bytes: Buffer, random: Random, words: readonly string[]): Buffer {
  const lines = bytes.toString('latin1').split('\n');
  const joinedLines = (): Buffer => Buffer.from(lines.join('\n'), 'latin1');
  const line = random(lines.length);
  const at = random(bytes.length + 1);
  switch (random(13)) {
    case 0:
      return spliced(bytes, at, 1, Buffer.from([random(256)]));
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return spliced(bytes, at, random(4), pick(random, odd));
    case 3:
      return spliced(bytes, at, 0, Buffer.from(pick(random, words)));
    case 4:
      lines.splice(line, 1);
      return joinedLines();
    case 5:
      lines.splice(line, 0, lines[random(lines.length)] ?? '');
      return joinedLines();
    case 6:
      lines[line] = `${lines[line] ?? ''}${pick(random, odd).toString('latin1')}`;
      return joinedLines();
    case 7:
      lines[line] = `${pick(random, odd).toString('latin1')}${lines[line] ?? ''}`;
      return joinedLines();
    case 8:
      return Buffer.from(
        bytes.toString('latin1').replaceAll('\n', pick(random, ['\r\n', '\r', '\u0085', '\0'])),
        'latin1',
      );
    case 9:
      return Buffer.from(bytes.toString('latin1').trimEnd(), 'latin1');
    case 10:
      return spliced(bytes, at, 0, Buffer.alloc(500 + random(6000), pick(random, odd)[0] ?? 97));
    case 11: {
      // A word in the place of another.
      const text = bytes.toString('latin1');
      const found = [...text.matchAll(/[\w.@-]+/g)];
      const gone = pick(random, found);
      return gone ? spliced(bytes, gone.index, gone[0].length, Buffer.from(pick(random, words))) : bytes;
    }
    default:
      lines.sort(() => random(3) - 1);
      return joinedLines();
  }
}

/**
 * So many nodes, each made of one of these with one to three changes in the answers that are given; `words` are put among
 * its text now and then.
 */
export function mutated(
  nodes: readonly Case[],
  words: readonly string[],
  count: number,
  seed: number,
): readonly Case[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => {
    const node: Record<string, Left> = { ...pick(random, nodes) };
    for (let changes = 1 + random(3); changes > 0; changes -= 1) {
      const id = pick(random, Object.keys(node));
      const left = node[id];
      if (!left) continue;
      const kind = random(24);
      if (kind === 0) delete node[id];
      else if (kind === 1) node[id] = { ...left, status: pick(random, commands.has(id) ? commandStatuses : statuses) };
      else if (kind === 2) node[id] = { status: left.status, out: Buffer.alloc(0), err: left.out };
      else if (kind === 3) node[id] = { ...left, err: Buffer.from('a warning\n') };
      else node[id] = { ...left, out: changed(Buffer.from(left.out), random, words) };
    }
    return node;
  });
}
