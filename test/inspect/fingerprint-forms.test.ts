/** The two forms of a fingerprint, TypeScript's and the shell's, over answers that are odd in every way we know of. */
import { describe, expect, test } from 'vitest';
import { byShell, byTypeScript, type Case } from './fingerprint-cases.ts';
import { kinds } from './fingerprint-nodes.ts';
import { mutated } from './mutated-answers.ts';
import { shells } from './scratch-collector.ts';

const count = Number(process.env.ASSAY_MUTATIONS ?? 100);

describe.each(kinds)('$name', ({ name, nodes, odd, words, least }) => {
  const many = mutated(nodes, words, count, 20_261_125);
  const own = [...nodes, ...odd];
  const byUs = [...own, ...many].map((node) => byTypeScript(name, node));

  test('is known of sound nodes, and each fact of many with a change', () => {
    expect(byUs.slice(0, nodes.length).filter((text) => text.includes('=?'))).toEqual([]);
    for (const [index, key] of byUs[0]
      ?.split('\n')
      .slice(0, -1)
      .map((line) => line.split('=')[0])
      .entries() ?? []) {
      const values = byUs.map((text) => text.split('\n')[index] ?? '');
      expect([key, new Set(values).size]).toEqual([key, expect.toSatisfy((many: number) => many >= least)]);
    }
  });

  test.each(shells.map((shell) => ({ shell, as: shell.join(' ') })))(
    'is of the same lines, or unknown for the same facts, by $as',
    async ({ shell }) => {
      // The second shell sees fewer: its tools are the slower ones.
      const cases = [...own, ...(shell === shells[0] ? many : many.slice(0, many.length / 2))];
      const byIt = await byShell(shell, name, cases);
      const apart = cases.flatMap((node, index) => {
        const [ours, its] = [byUs[index]?.split('\n') ?? [], byIt[index]?.split('\n') ?? []];
        const lines = ours.flatMap((line, at) => (line === its[at] ? [] : [line, its[at]]));
        return lines.length > 0 ? [{ lines, ...shown(node) }] : [];
      });
      expect(apart.slice(0, 3)).toEqual([]);
    },
    300_000,
  );
});

/** A node as it can be read in the message of a test. */
function shown(node: Case): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(node).map(([id, left]) => [
      id,
      `${left.status} ${JSON.stringify(Buffer.from(left.out).toString('latin1'))}`,
    ]),
  );
}
