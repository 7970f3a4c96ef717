import { describe, expect, test } from 'vitest';
import { buildIdsOf } from '../../src/inspect/elf-notes.ts';

// /sys/kernel/notes of a 6.18 kernel: the build-id, then a note of owner Linux.
const notes = Buffer.from(
  `040000001400000003000000474e5500${'85c7e4e2ed76f4417e8aaad7c6b040d2bb897a26'}060000000400000001010000${'4c696e7578000000'}00000000`,
  'hex',
);
const id = '85c7e4e2ed76f4417e8aaad7c6b040d2bb897a26';

describe('build-id', () => {
  test('is found behind other notes and in either byte order', () => {
    expect(buildIdsOf(notes)).toEqual([id]);
    const second = Buffer.concat([notes.subarray(36), notes.subarray(0, 36)]);
    expect(buildIdsOf(second)).toEqual([id]);
    const big = Buffer.from(notes.subarray(0, 36));
    for (const at of [0, 4, 8]) big.writeUInt32BE(notes.readUInt32LE(at), at);
    expect(buildIdsOf(big)).toEqual([id]);
  });
  test('is undefined in cut or foreign bytes', () => {
    expect(buildIdsOf(notes.subarray(0, 30))).toEqual([]);
    expect(buildIdsOf(Buffer.alloc(0))).toEqual([]);
    expect(buildIdsOf(Buffer.alloc(64, 255))).toEqual([]);
  });
});
