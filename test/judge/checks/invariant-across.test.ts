import { describe, expect, it } from 'vitest';
import { type CaseEvidence, judgeCases } from '../../../src/judge/judge.ts';
import { checkOn, evidence, observedOf } from '../case-evidence.ts';

const same = checkOn({ kind: 'invariant-across', of: 'energy', over: ['nodes', 'ranks'], relative: 1e-10 });
const bitwise = checkOn({ kind: 'invariant-across', of: 'energy', over: ['nodes', 'ranks'] });

function member(nodes: number, energy: number | string, changes: Partial<CaseEvidence> = {}): CaseEvidence {
  return evidence({
    name: `melt ${nodes}`,
    parameters: { nodes, ranks: nodes, size: 10 },
    observed: observedOf({ energy }),
    checks: same,
    ...changes,
  });
}

function results(cases: readonly CaseEvidence[]): readonly string[] {
  return judgeCases(cases).map(({ findings }) => {
    const finding = findings.find((one) => one.check === 'check');
    return finding ? `${finding.verdict}: ${finding.message}` : 'none';
  });
}

describe('invariant-across', () => {
  it('lets sums round, and refuses one in a million in one case', () => {
    const energy = -2.28121744523246;
    expect(results([member(1, energy), member(2, energy - 5e-14), member(4, energy)]).join()).not.toContain('fail');
    const wrong = results([member(1, energy), member(2, energy * (1 + 1e-6)), member(4, energy)]);
    expect(wrong).toHaveLength(3);
    for (const one of wrong) expect(one).toMatch(/^fail: .*in melt 2/);
  });

  it('refuses what the seeding trap gives for four ranks', () => {
    expect(results([member(1, -2.281821), member(4, -2.2812949)])[0]).toContain('fail');
  });

  it('is bit for bit without a tolerance', () => {
    const two = (a: number | string, b: number | string) =>
      results([member(1, a, { checks: bitwise }), member(2, b, { checks: bitwise })])[0];
    expect(two(0.1 + 0.2, 0.30000000000000004)).toContain('pass');
    expect(two(0.1 + 0.2, 0.3)).toContain('fail');
    expect(two(0, -0)).toContain('fail');
    expect(two('abc', 'abc')).toContain('pass');
    expect(two('abc', 'abd')).toContain('fail');
    expect(two('1', 1)).toContain('invalid');
  });

  it('compares only cases that differ in nothing else', () => {
    const other = { parameters: { nodes: 8, ranks: 8, size: 20 } };
    expect(results([member(1, 1), member(2, 1), member(8, 5, other), member(9, 5, other)])).toEqual(
      Array.from({ length: 4 }, () => expect.stringContaining('pass')),
    );
    expect(results([member(1, 1), member(2, 2, { test: 'other' }), member(4, 1)])[0]).toContain('pass');
  });

  it('is invalid for all when one lacks its answer, and says which', () => {
    const lost = { ...member(4, 1), observed: { ...observedOf({}), missing: [{ name: 'energy', why: 'cut short' }] } };
    for (const one of results([member(1, 1), member(2, 1), lost])) expect(one).toMatch(/^invalid: .*melt 4.*cut short/);
    const crashed = member(4, 1, { step: { state: 'failed', exitCode: 139, why: '' } });
    expect(results([member(1, 1), member(2, 1), crashed])).toEqual([
      expect.stringMatching(/^invalid: .*melt 4/),
      expect.stringMatching(/^invalid: .*melt 4/),
      'none',
    ]);
  });

  it("is the site's error when only the site lost an answer", () => {
    const lost = member(4, 1, { step: { state: 'node-fail', exitCode: null, why: 'node3 went down' } });
    expect(results([member(1, 1), member(2, 1), lost])[0]).toMatch(/^error: .*node3 went down/);
  });

  it('does not trust a member whose identity or wire-up did not hold', () => {
    const finding = { check: 'wireup', kind: 'wireup', verdict: 'fail', message: '4 communicators of 1' } as const;
    expect(results([member(1, 1), member(4, 1, { findings: [finding] })])[0]).toMatch(/^invalid: .*4 communicators/);
  });

  it('leaves out members that were skipped, and needs two', () => {
    const skipped = member(4, 1, { step: { state: 'skipped', exitCode: null, why: 'the site has 2 nodes' } });
    expect(results([member(1, 1), member(2, 1), skipped])[0]).toMatch(/^pass: .*1 more were skipped/);
    expect(results([member(1, 1), skipped])[0]).toMatch(/^skip: there is only one case/);
    expect(results([member(1, 1)])[0]).toMatch(/^invalid: there is only one case/);
  });

  it('refuses units that differ and parameters that are not there', () => {
    const odd = member(2, 1);
    const [first] = odd.observed.observations;
    const unit = { ...odd, observed: { ...odd.observed, observations: first ? [{ ...first, unit: 'eV' }] : [] } };
    expect(results([member(1, 1), unit])[0]).toContain('invalid: energy has several units');
    const unknown = checkOn({ kind: 'invariant-across', of: 'energy', over: ['threads'] });
    expect(results([member(1, 1, { checks: unknown })])[0]).toContain('no parameter threads');
  });

  it('stays quick with many cases', () => {
    const cases = Array.from({ length: 3000 }, (_, index) =>
      member(index, 1, { parameters: { nodes: index % 3, ranks: 1, size: Math.floor(index / 3) } }),
    );
    const began = performance.now();
    expect(results(cases).every((one) => one.startsWith('pass'))).toBe(true);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
