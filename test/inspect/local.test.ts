import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/base/ask.ts';
import { factValue } from '../../src/inspect/facts.ts';
import { localFacts } from '../../src/inspect/local.ts';
import { machineInventory } from '../../src/system/inventory.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';

function answering(answer: Partial<Answer>): System {
  return { ...realSystem(true), exec: async () => ({ status: 0, stdout: '', stderr: '', timedOut: false, ...answer }) };
}

describe('facts of this host', () => {
  test('come from the same collector, with the inventory beside them', async () => {
    const facts = await localFacts(realSystem(true), { inventory: async () => ({ processor: 'X', disks: '' }) });
    expect(factValue(facts, 'system', 'hostname')).toBe(hostname());
    expect(factValue(facts, 'inventory', 'processor')).toBe('X');
    expect(facts.groups.inventory?.disks).toMatchObject({ unknown: 'absent' });
  });
  test('agree with what systeminformation, which reads this machine in its own way, says of it', async () => {
    const facts = await localFacts(realSystem(true), { inventory: machineInventory });
    const both = (key: string, inventory: string) => [
      factValue(facts, 'hardware', key) ?? '',
      factValue(facts, 'inventory', inventory) ?? '',
    ];
    const [processor = '', brand = ''] = both('processor', 'processor');
    // The library takes `(R)` for ® and leaves other signs out.
    for (const word of brand.match(/[A-Za-z0-9-]{3,}/g) ?? [])
      expect(processor.toLowerCase()).toContain(word.toLowerCase());
    for (const [key, inventory] of [
      ['threads', 'processor-threads'],
      ['cores', 'processor-cores'],
    ] as const) {
      const [ours, theirs] = both(key, inventory);
      expect([key, ours]).toEqual([key, theirs]);
    }
    const [memory = '', bytes = ''] = both('memory', 'memory-bytes');
    expect(memory).toBe(`${(Number(bytes) / 2 ** 30).toFixed(1)} GiB`);
    const os = factValue(facts, 'system', 'os') ?? '';
    expect(os).toContain(factValue(facts, 'inventory', 'os')?.split(' ')[0]);
  });
  test('a collector that cannot run is an error that says what to do', async () => {
    const cannot = { code: 'INSPECT_COLLECTOR_FAILED', hint: expect.stringMatching(/PATH|TMPDIR/) };
    await expect(
      localFacts(answering({ status: null, absent: 'missing', stderr: 'sh: not there' })),
    ).rejects.toMatchObject(cannot);
    await expect(localFacts(answering({ status: 1, stderr: 'collector: no directory' }))).rejects.toMatchObject(cannot);
    await expect(localFacts(answering({ status: null, timedOut: true }))).rejects.toThrow(/in time/);
  });
});
