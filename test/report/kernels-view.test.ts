import { describe, expect, it } from 'vitest';
import type { Digest } from '../../src/base/digest.ts';
import { census, type SeenNode } from '../../src/certify/kernels/census.ts';
import { type KernelFile, readKernelStatement } from '../../src/certify/kernels/read-statement.ts';
import { blessingsText, kernelsText } from '../../src/report/kernels-view.ts';
import { digest, now } from '../certify/example.ts';
import {
  blessing,
  fingerprint,
  otherFingerprint,
  otherLines,
  revocation,
  stranger,
  trust,
} from '../certify/kernels/kernel-example.ts';

const node = (name: string, kernel: Digest | { unknown: string }): SeenNode => {
  return { node: name, run: 'r1', at: now, release: '6.1.0-28', kernel };
};

function shown(files: readonly KernelFile[], nodes: readonly SeenNode[], at = now): readonly string[] {
  const statements = files.map((file) => readKernelStatement(file, trust));
  return kernelsText(census('hpc1', statements, nodes, at), '/blessings').split('\n');
}

describe('kernelsText', () => {
  it('lists what needs attention first', async () => {
    const files = [await blessing(), await blessing({ lines: otherLines }, stranger)];
    const lines = shown(files, [node('n1', fingerprint), node('n2', otherFingerprint), node('n3', digest('third'))]);
    expect(lines.slice(1, 4).map((line) => line.split(/ +/)[0])).toEqual(['untrusted', 'unknown', 'blessed']);
    expect(lines[3]).toMatch(/^blessed +6\.1\.0-28 +[0-9a-f]{12} +n1 +2026-12-31 +grace +r0$/);
    expect(lines.find((line) => line.startsWith('does not count: blessing'))).toContain('another key');
  });

  it('puts kernels that no node runs last', async () => {
    const files = [await blessing(), await revocation('2026-11-10T00:00:00Z'), await blessing({ lines: otherLines })];
    const lines = shown(files, [node('n2', otherFingerprint), node('n3', digest('third'))]);
    expect(lines.slice(1, 4).map((line) => line.split(/ +/)[0])).toEqual(['unknown', 'blessed', 'revoked']);
  });

  it('tells expired and revoked ones with their end', async () => {
    expect(shown([await blessing()], [], '2027-02-01T00:00:00Z')[1]).toMatch(/^expired .* none +2026-12-31 /);
    const revoked = shown([await blessing(), await revocation('2026-11-10T00:00:00Z')], [node('n1', fingerprint)]);
    expect(revoked[1]).toMatch(/^revoked .* n1 +2026-11-10 +grace +it loses packets$/);
  });

  it('shows nodes without fingerprint, and says when there is nothing', () => {
    const lines = shown([], [node('n1', { unknown: 'denied: /sys/kernel/notes' })]);
    expect(lines.join('\n')).toContain('n1 has no fingerprint: denied: /sys/kernel/notes');
    expect(shown([], [])[0]).toContain('no kernel is known');
  });

  it('lets nothing hostile through', async () => {
    const files = [await blessing({ by: 'eve\u001b[2J', reason: 'x\ny', release: '6\u202e1' })];
    expect(shown(files, []).join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});

describe('blessingsText', () => {
  it('says so when the nodes differ', () => {
    const made = (print: Digest, name: string) => {
      return { fingerprint: print, release: '6.1', nodes: [name], until: '2026-12-31T23:59:59Z', file: `/b/${name}` };
    };
    const text = blessingsText([made(fingerprint, 'n1'), made(otherFingerprint, 'n2')]);
    expect(text).toContain('the nodes ran 2 different kernels');
    expect(text).toContain('signed  /b/n2');
  });
});
