import { describe, expect, it } from 'vitest';
import { HarnessError } from '../../src/base/error.ts';
import { loadPolicy } from '../../src/certify/policy.ts';
import { policyText } from './example.ts';

function problemsOf(text: string): readonly string[] {
  try {
    loadPolicy(text, 'policy.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    expect(error.code).toBe('CERTIFY_POLICY_INVALID');
    return error.diagnostics.map(({ message, at }) => `${at?.line}:${at?.column} ${message}`);
  }
}

describe('loadPolicy', () => {
  it('fills in the strict defaults', () => {
    expect(loadPolicy('policy: p\nsuites: [{name: a}]\n', 'p.yaml')).toMatchObject({
      name: 'p',
      sites: [],
      maxAgeSeconds: 7 * 86400,
      performance: 'decided',
      identity: 'required',
      schedulerRecord: 'required',
      untestedPlatforms: 'hold',
    });
  });

  it('digests the text, so that any edit is another policy', () => {
    const digest = (text: string) => loadPolicy(text, 'p.yaml').digest;
    expect(digest(policyText)).toBe(digest(policyText));
    expect(digest(policyText)).not.toBe(digest(`${policyText}# more\n`));
  });

  it.each([
    ['an unknown key', `${policyText}max_agee: 3d\n`, '9:1 unknown key "max_agee"'],
    ['an unknown word', policyText.replace('decided', 'decidedd'), '7:24 "performance.require" is "decidedd"'],
    ['a bad duration', policyText.replace('7d', 'soon'), '6:10 "soon" is not a duration'],
    ['a suite named twice', policyText.replace('- name: lammps', '- name: lammps\n  - name: lammps'), '5:11 the suite'],
    [
      'a day that is none',
      `${policyText}bootstrap: {reason: long enough words, until: 2026-02-30}\n`,
      '9:47 "2026-02-30"',
    ],
    ['a bootstrap without a reason', `${policyText}bootstrap: {reason: x}\n`, '9:21 "bootstrap.reason"'],
    [
      'a digest that is none',
      policyText.replace('name: lammps', 'name: lammps\n    digest: abc'),
      '5:13 "suites.0.digest"',
    ],
    ['kernels without a key', `${policyText}kernel: {blessed: required, keys: []}\n`, '9:35 "kernel.keys"'],
    ['kernels that need not be blessed', `${policyText}kernel: {blessed: no, keys: [k]}\n`, '9:19 "kernel.blessed"'],
    ['no suite', 'policy: p\nsuites: []\n', '2:9 "suites"'],
    ['identity switched off', `${policyText}identity: no\n`, '9:11 "identity" is "no"'],
  ])('%s', (_, text, start) => {
    expect(problemsOf(text).some((line) => line.startsWith(start))).toBe(true);
  });

  it.each(['', 'null', '[]', 'policy: [', 'just words', '\u0000', 'policy: p\npolicy: q\nsuites: [{name: a}]'])(
    'refuses %j with a clear error',
    (text) => expect(problemsOf(text).length).toBeGreaterThan(0),
  );
});
