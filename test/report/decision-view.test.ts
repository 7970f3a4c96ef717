import { describe, expect, it } from 'vitest';
import { gate } from '../../src/certify/certify.ts';
import { decisionText, renderDecision } from '../../src/report/decision-view.ts';
import { realFiles } from '../../src/system/files.ts';
import { digest, finding, goodEvidence, now, policyOf, withRun } from '../certify/example.ts';

const policy = policyOf();

function manyCases(count: number, reason: string) {
  const cases = Array.from({ length: count }, (_, index) => ({
    name: `lammps/melt n=${index}`,
    suite: 'lammps',
    verdict: index === count - 1 ? ('fail' as const) : ('error' as const),
    reason,
    findings: [finding('physics', 'fail'), finding('identity')],
  }));
  const suites = [{ name: 'lammps', digest: digest('suite'), planned: cases.map(({ name }) => name) }];
  return gate(withRun({ cases, suites }), policy, now);
}

describe('decisionText', () => {
  it('tells the outcome, the image and what every rule found, on one screen', () => {
    const text = decisionText(gate(goodEvidence, policy, now));
    expect(text.split('\n')[0]).toBe('PROMOTE: every rule is satisfied');
    expect(text).toContain(goodEvidence.candidate.digest);
    expect(text).toContain('production version 3');
    expect(text).toContain('all 2 cases passed');
    expect(text.split('\n').length).toBeLessThan(40);
  });

  it('puts refusals first, shows the worst evidence, counts the rest, and says what to do', () => {
    const text = decisionText(manyCases(200, 'energy 1.002, expected 1.000'));
    expect(text).toMatch(/^REFUSE: a fault is proven\n/);
    expect(text).toContain('200 of 200 cases did not pass');
    expect(text).toContain('refuse: lammps/melt n=199: fail, energy 1.002, expected 1.000');
    expect(text).toContain('… and 195 more');
    expect(text).toContain('Mend what is named above');
    expect(text.split('\n').length).toBeLessThan(60);
  });

  it('explains what a rule asks', () => {
    const decision = gate({ ...goodEvidence, tagNow: { digest: digest('other') } }, policy, now);
    expect(decisionText(decision)).toContain("asks that the candidate's tag was not moved since the run");
  });

  it('is the same for the same decision, and shows a bootstrap', () => {
    const by = policyOf('policy: p\nsuites: [{name: lammps}]\nbootstrap: {reason: first of its kind}\n');
    const decision = gate({ ...goodEvidence, blessedNow: 'none' }, by, now);
    expect(decisionText(decision)).toBe(decisionText(decision));
    expect(decisionText(decision)).toContain('no baseline was compared with: first of its kind');
  });

  it('lets nothing hostile through', () => {
    const text = decisionText(manyCases(1, 'x\u001b[2Jy\rPROMOTE\u202e\nPROMOTE'));
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(text).not.toMatch(/^PROMOTE/m);
  });
});

describe('renderDecision', () => {
  it('gives Markdown with the same content', async () => {
    const text = await renderDecision(realFiles, manyCases(9, 'wrong'));
    expect(text).toContain('## Assay gate: refuse');
    expect(text).toContain('`9 of 9 cases did not pass`');
    expect(text).toContain('| tag |');
    expect(text).toContain('… and 4 more');
  });

  it('leaves sections out that have nothing', async () => {
    const text = await renderDecision(realFiles, gate(goodEvidence, policy, now));
    expect(text).not.toContain('### Why');
    expect(text).toContain('### Satisfied');
    expect(await renderDecision(realFiles, gate(goodEvidence, { file: 'p', unreadable: 'gone' }, now))).not.toContain(
      '### Satisfied',
    );
  });

  it('keeps hostile text inside code', async () => {
    const text = await renderDecision(realFiles, manyCases(1, '`</code> | <img src=x> /approve @all'));
    expect(text).not.toContain('<img');
    expect(text.split('\n').filter((row) => row.startsWith('/')).length).toBe(0);
  });
});
