import { describe, expect, test } from 'vitest';
import { checkKernel, checkLevel } from '../../src/preflight/node-ground.ts';
import { facts, image, input } from './example.ts';

describe('checkLevel', () => {
  const levelOf = (name: string, level: string) => facts(name, { hardware: { 'instruction-set': level } });
  const needing = (level: number, all: boolean) => ({
    ...image,
    needs: { ...image.needs, levels: [{ level, path: all ? '/lib64/libc.so.6' : '/opt/lib/libfast.so', all }] },
  });

  test('an image that asks for nothing is fine anywhere', () => {
    expect(checkLevel({ ...input, facts: [] }).outcome).toBe('ok');
  });

  test('the lowest node counts', () => {
    const nodes = [levelOf('n1', 'x86-64-v4'), levelOf('n2', 'x86-64-v2')];
    expect(checkLevel({ ...input, image: needing(2, true), facts: nodes }).outcome).toBe('ok');
    expect(checkLevel({ ...input, image: needing(3, true), facts: nodes })).toMatchObject({
      outcome: 'will-fail',
      message: 'the C library of the image needs x86-64-v3, and n2 has x86-64-v2',
      hint: expect.stringContaining('x86-64-v2'),
    });
  });

  test('a library that not every program loads is not certain to fail', () => {
    expect(checkLevel({ ...input, image: needing(3, false), facts: [levelOf('n1', 'x86-64-v2')] })).toMatchObject({
      outcome: 'cannot-tell',
      message: expect.stringContaining('/opt/lib/libfast.so'),
    });
  });

  test('nodes of unknown level', () => {
    const finding = checkLevel({ ...input, image: needing(2, true), facts: [facts('n1', {})] });
    expect(finding.outcome).toBe('cannot-tell');
    expect(finding.evidence.join('\n')).toContain('hardware.instruction-set is unknown');
  });
});

describe('checkKernel', () => {
  const old = { ...image, needs: { ...image.needs, kernel: { version: '3.10.0', path: '/lib/libc.so.6' } } };
  const runs = (release: string) => [facts('n1', { kernel: { release } })];

  test.each([
    ['3.10.0-1160.el7.x86_64', 'ok'],
    ['6.18.44-fc-v595', 'ok'],
    ['3.9.11', 'will-fail'],
    ['2.6.32-754.el6.x86_64', 'will-fail'],
  ])('%s: %s', (release, outcome) => {
    expect(checkKernel({ ...input, image: old, facts: runs(release) }).outcome).toBe(outcome);
  });

  test('without facts, and without a need', () => {
    expect(checkKernel({ ...input, image: old, facts: [] }).outcome).toBe('cannot-tell');
    expect(checkKernel({ ...input, facts: [] }).outcome).toBe('ok');
  });
});
