/** Evidence, a policy and a key for tests: everything fine, to be spoilt one piece at a time. */
import { createPrivateKey } from 'node:crypto';
import { type Digest, digestOf } from '../../src/base/digest.ts';
import type { Evidence, RunEvidence } from '../../src/certify/evidence.ts';
import { loadPolicy, type Policy } from '../../src/certify/policy.ts';
import { generateKeyPair, keySigner, type Signer } from '../../src/certify/signer.ts';
import type { KeyAlgorithm } from '../../src/certify/trust.ts';
import type { Finding } from '../../src/judge/verdict.ts';

export const now = '2026-11-20T12:00:00.000Z';

export const tested = digestOf('the tested manifest');
export const blessed = digestOf('the blessed manifest');

export function digest(text: string): Digest {
  return digestOf(text);
}

export const policyText = `policy: production
version: 3
suites:
  - name: lammps
sites: [hpc1]
max_age: 7d
performance: {require: decided}
scheduler_record: required
`;

export function policyOf(text = policyText): Policy {
  return loadPolicy(text, 'policy.yaml');
}

export function finding(kind: string, verdict: Finding['verdict'] = 'pass'): Finding {
  return { check: kind, kind, verdict, message: `${kind} is ${verdict}` };
}

export const goodRun: RunEvidence = {
  id: 'r1',
  site: 'hpc1',
  siteDigest: digest('site'),
  startedAt: '2026-11-19T10:00:00.000Z',
  endedAt: '2026-11-19T11:00:00.000Z',
  journalDigest: digest('journal'),
  assayVersion: '0.1.0',
  user: 'ada',
  outcome: 'accepted',
  tested,
  baseline: blessed,
  suites: [{ name: 'lammps', digest: digest('suite'), planned: ['lammps/melt ranks=2', 'lammps/melt ranks=4'] }],
  cases: ['lammps/melt ranks=2', 'lammps/melt ranks=4'].map((name) => ({
    name,
    suite: 'lammps',
    verdict: 'pass',
    reason: '',
    findings: [finding('physics'), finding('identity')],
    recorded: 'pass',
  })),
  performance: [
    { case: 'lammps/melt ranks=2', metric: 'rate', outcome: 'accept', message: 'at most 0.4 % slower' },
    { case: 'lammps/melt ranks=4', metric: 'rate', outcome: 'accept', message: 'at most 0.9 % slower' },
  ],
  integrity: [
    { kind: 'journal', outcome: 'ok', message: '41 events, chained', where: [] },
    { kind: 'files', outcome: 'ok', message: '12 files, digests equal', where: [] },
    { kind: 'scheduler-record', outcome: 'ok', message: 'job 17 agrees', where: [] },
  ],
  nodes: [{ node: 'n1', fingerprints: { kernel: digest('kernel') } }],
  injected: [{ path: '/usr/lib/libfabric.so.1', digest: digest('libfabric') }],
};

export const goodEvidence: Evidence = {
  candidate: {
    name: 'registry.example/dev/app:1.2',
    repository: 'registry.example/dev/app',
    tag: '1.2',
    digest: tested,
    resolved: tested,
  },
  tagNow: { digest: tested },
  blessedNow: { digest: blessed },
  runs: [goodRun],
  unreadable: [],
  untestedPlatforms: [],
};

/** The good evidence with one member of its run changed. */
export function withRun(change: Partial<RunEvidence>): Evidence {
  return { ...goodEvidence, runs: [{ ...goodRun, ...change }] };
}

export function newSigner(algorithm: KeyAlgorithm = 'ecdsa-p256'): Signer {
  return keySigner(createPrivateKey(generateKeyPair(algorithm).privateKey.reveal()), 'test.key');
}
