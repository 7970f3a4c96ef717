import { describe, expect, test } from 'vitest';
import type { ImageHoldings } from '../../src/image/image.ts';
import { checkGpu } from '../../src/preflight/gpu.ts';
import { facts, image, input } from './example.ts';

const gpu = (driver: string) => [facts('n1', { gpu: { 'nvidia-driver': driver, 'amd-driver': driver } })];

function check(name: 'cuda' | 'rocm', version: string | undefined, driver: string, more: Partial<ImageHoldings> = {}) {
  const toolkits = [{ name, ...(version !== undefined && { version }), evidence: ['a file'] }];
  return checkGpu({ ...input, image: { ...image, holds: { ...image.holds, toolkits, ...more } }, facts: gpu(driver) });
}

describe('CUDA', () => {
  test.each([
    ['12.4.1', '550.54.15', 'ok'],
    ['12.9', '525.60.13', 'ok'],
    ['12.0', '520.61.05', 'will-fail'],
    ['13.0', '575.57.08', 'will-fail'],
    ['13.1', '580.65.06', 'ok'],
    ['11.8', '450.80.02', 'ok'],
    ['10.2.89', '440.33.01', 'ok'],
    ['10.2.89', '418.39', 'will-fail'],
    ['10.1', '418.39', 'ok'],
    ['1.0', '550.54.15', 'cannot-tell'],
    ['12.4', 'none', 'cannot-tell'],
  ])('CUDA %s on driver %s: %s', (version, driver, outcome) => {
    expect(check('cuda', version, driver).outcome).toBe(outcome);
  });

  test('a version that cannot be told, and a driver that cannot', () => {
    expect(check('cuda', undefined, '550.54.15').outcome).toBe('cannot-tell');
    const holds = { ...image.holds, toolkits: [{ name: 'cuda', version: '12.4', evidence: [] } as const] };
    const finding = checkGpu({ ...input, image: { ...image, holds } });
    expect(finding.outcome).toBe('cannot-tell');
    expect(finding.evidence.join('\n')).toContain('nvidia-driver');
  });

  test('the compatibility package makes an older driver uncertain', () => {
    const finding = check('cuda', '12.4', '470.57.02', { cudaCompat: '/usr/local/cuda-12.4/compat' });
    expect(finding.outcome).toBe('cannot-tell');
    expect(finding.hint).toContain('/usr/local/cuda-12.4/compat');
  });
});

test('ROCm is never certain, and an image without either asks nothing', () => {
  expect(check('rocm', '6.1.2', '6.7.0').outcome).toBe('cannot-tell');
  expect(check('rocm', undefined, 'none').message).toContain('no amdgpu driver');
  expect(checkGpu(input).outcome).toBe('ok');
});
