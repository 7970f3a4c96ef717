import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { gate } from '../../../src/certify/certify.ts';
import type { NodeEvidence } from '../../../src/certify/evidence.ts';
import { type KernelFile, readKernelStatement } from '../../../src/certify/kernels/read-statement.ts';
import { verificationSummaryStatement } from '../../../src/certify/statement.ts';
import { goodEvidence, now, policyOf, policyText, withRun } from '../example.ts';
import {
  administrator,
  blessing,
  fingerprint,
  lines,
  otherFingerprint,
  otherLines,
  revocation,
  stranger,
  tampered,
  trust,
} from '../kernels/kernel-example.ts';

const policy = policyOf(`${policyText}kernel: {blessed: required, keys: [kernels.pub]}\n`);
const nodes: readonly NodeEvidence[] = ['n1', 'n2'].map((node) => ({
  node,
  fingerprints: { kernel: fingerprint },
  release: '6.1.0-28',
  kernelLines: lines,
}));

const evidenceOf = (files: readonly KernelFile[], ran = nodes) => ({
  ...withRun({ nodes: ran }),
  kernels: { statements: files.map((file) => readKernelStatement(file, trust)) },
});

/** What the rule says of these files, and what comes of it. */
function said(files: readonly KernelFile[], ran = nodes, at = now) {
  const decision = gate(evidenceOf(files, ran), policy, at);
  const rule = decision.rules.find((one) => one.rule === 'kernel');
  return { decision: decision.outcome, outcome: rule?.outcome, message: rule?.message ?? '', evidence: rule?.evidence };
}

const who = 'n1, n2 of run r1 ran kernel 6.1.0-28 (fingerprint ';

describe('the rule kernel', () => {
  it('asks nothing unless the policy does', () => {
    const decision = gate(goodEvidence, policyOf(), now);
    expect(decision.outcome).toBe('promote');
    expect(decision.kernels).toBeUndefined();
  });

  it('is satisfied by a blessing in force, which the summary names', async () => {
    const file = await blessing();
    expect(said([file])).toMatchObject({
      decision: 'promote',
      message: expect.stringContaining('until 2026-12-31 by grace'),
    });
    const decision = gate(evidenceOf([file]), policy, now);
    const options = { resource: 'r/b', verifier: policy.verifier, assayVersion: '0', testResults: [] };
    expect(verificationSummaryStatement(evidenceOf([file]), decision, options).predicate.assay_kernels).toEqual([
      { fingerprint, blessing: digestOf(file.bytes), key: administrator.hint, until: '2026-12-31T23:59:59.999Z' },
    ]);
  });

  it('holds without a blessing, and says what to do', () => {
    expect(said([])).toMatchObject({
      decision: 'hold',
      message: `${who}${fingerprint.slice(7, 19)}), which nobody has blessed; an administrator blesses it with: assay bless r1 --site FILE --key FILE --reason TEXT`,
    });
  });

  it.each([
    ['expired', '2027-01-01T00:00:00.000Z', 'whose blessing ended at 2026-12-31T23:59:59.999Z'],
    [
      'not begun',
      '2026-10-31T23:59:59.999Z',
      'whose blessing begins only at 2026-11-01T00:00:00.000Z; check the clocks',
    ],
  ])('holds when the blessing is %s', async (_, at, words) => {
    expect(said([await blessing()], nodes, at)).toMatchObject({
      outcome: 'hold',
      message: expect.stringContaining(words),
    });
  });

  it('counts to the last moment', async () => {
    const files = [await blessing()];
    expect(said(files, nodes, '2026-12-31T23:59:59.999Z').outcome).toBe('ok');
    expect(said(files, nodes, '2026-11-01T00:00:00.000Z').outcome).toBe('ok');
    expect(said(files, nodes, 'soon').outcome).toBe('hold');
  });

  it('refuses a revoked kernel, until it is blessed again', async () => {
    const files = [await blessing(), await revocation('2026-11-10T00:00:00.000Z')];
    expect(said(files)).toMatchObject({
      decision: 'refuse',
      message: expect.stringContaining('was revoked by grace at 2026-11-10T00:00:00.000Z: it loses packets'),
    });
    expect(said([...files, await blessing({ from: '2026-11-10T00:00:00.000Z' })]).decision).toBe('refuse');
    expect(said([...files, await blessing({ from: '2026-11-11T00:00:00.000Z' })]).decision).toBe('promote');
    expect(said([await blessing(), await revocation('2027-11-10T00:00:00.000Z')]).decision).toBe('refuse');
  });

  it('goes by the latest of several revocations, in whatever order they lie', async () => {
    const [early, late] = [await revocation('2026-11-05T00:00:00.000Z'), await revocation('2026-11-10T00:00:00.000Z')];
    const between = await blessing({ from: '2026-11-07T00:00:00.000Z' });
    expect(said([between, early]).decision).toBe('promote');
    expect(said([between, early, late]).decision).toBe('refuse');
    expect(said([late, early, between]).decision).toBe('refuse');
  });

  it('refuses a blessing by another key, and does not care for a revocation by one', async () => {
    expect(said([await blessing({}, stranger)])).toMatchObject({
      decision: 'refuse',
      message: expect.stringContaining('signed by a key that this policy does not trust'),
    });
    const revoked = await revocation('2026-11-10T00:00:00.000Z', stranger);
    expect(said([await blessing(), revoked]).decision).toBe('promote');
  });

  it('refuses a changed blessing, and holds for a changed one beside a good one', async () => {
    const changed = tampered(await blessing({ until: '2026-11-05T00:00:00Z' }), '2026-11-05', '2036-11-05');
    expect(said([changed])).toMatchObject({
      decision: 'refuse',
      message: expect.stringContaining('was changed after it was signed'),
    });
    expect(said([await blessing(), changed])).toMatchObject({
      decision: 'hold',
      message: expect.stringContaining('may be a revocation'),
    });
  });

  it('holds for another kernel, names both, and says in what they differ', async () => {
    const ran = nodes.map((one, index) =>
      index === 0 ? one : { ...one, fingerprints: { kernel: otherFingerprint }, kernelLines: otherLines },
    );
    expect(said([await blessing()], ran)).toMatchObject({
      decision: 'hold',
      message: expect.stringMatching(
        new RegExp(
          `^n2 of run r1 .*${otherFingerprint.slice(7, 19)}.*nobody has blessed.*${fingerprint.slice(7, 19)}.*differs in kernel.version`,
        ),
      ),
    });
  });

  it('holds for a blessing of another site', async () => {
    expect(said([await blessing({ site: 'hpc2' })])).toMatchObject({
      decision: 'hold',
      message: expect.stringContaining('blessed for the site hpc2 only, not for hpc1'),
    });
  });

  it('holds when a kernel, the nodes or the blessings are unknown', async () => {
    const unread = nodes.map((one) => ({ ...one, fingerprints: { kernel: { unknown: 'denied: kernel.build-id' } } }));
    expect(said([await blessing()], unread)).toMatchObject({
      decision: 'hold',
      message: expect.stringContaining('cannot be identified: denied: kernel.build-id'),
    });
    expect(said([await blessing()], []).decision).toBe('hold');
    expect(said([await blessing()], [{ node: 'n1', fingerprints: {} }]).decision).toBe('hold');
    const { kernels: _, ...without } = evidenceOf([]);
    expect(gate(without, policy, now).outcome).toBe('hold');
    expect(gate({ ...without, kernels: { unknown: 'EACCES' } }, policy, now).outcome).toBe('hold');
  });

  it('holds for a file that may be a revocation', async () => {
    const broken = { name: 'x.json', bytes: (await blessing()).bytes.subarray(0, 99) };
    expect(said([await blessing(), broken])).toMatchObject({
      decision: 'hold',
      message: expect.stringContaining('x.json'),
    });
  });

  it('asks for every kernel of every run', async () => {
    const mixed = [...nodes, { node: 'n3', fingerprints: { kernel: otherFingerprint } }];
    const files = [await blessing(), await blessing({ lines: otherLines })];
    expect(said([files[0] ?? (await blessing())], mixed).decision).toBe('hold');
    expect(said(files, mixed).decision).toBe('promote');
  });

  it('says it in one sentence that a screen can hold', async () => {
    const many = Array.from({ length: 900 }, (_, index) => ({ ...nodes[0], node: `n${index}` }) as NodeEvidence);
    for (const files of [
      [],
      [await blessing({}, stranger)],
      [await blessing(), await revocation('2026-11-10T00:00:00Z')],
    ])
      expect(Buffer.byteLength(said(files, many).message)).toBeLessThan(400);
  });
});
