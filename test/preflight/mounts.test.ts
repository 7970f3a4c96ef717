import { describe, expect, test } from 'vitest';
import type { PlannedMount } from '../../src/preflight/finding.ts';
import { checkMounts } from '../../src/preflight/mounts.ts';
import { preflight } from '../../src/preflight/preflight.ts';
import { input } from './example.ts';

const library: PlannedMount = { source: '/opt/libz.so', target: '/lib/libz.so.1', is: 'file', there: 'file' };
const folder: PlannedMount = { source: '/opt/cray', target: '/opt/cray', is: 'folder', there: 'folder' };
const unseen = '/opt/cray is not on login1; the nodes may have it';
const { is: _, ...absent } = { ...folder, untold: unseen };
const check = (...mounts: readonly PlannedMount[]) => checkMounts({ ...input, mounts });

test('no mounts, and mounts of which each fits, are ok', () => {
  expect(checkMounts(input)).toMatchObject({ outcome: 'ok', message: 'the site mounts nothing of the host' });
  expect(check(library)).toMatchObject({ outcome: 'ok', message: 'the mount of the site can be made' });
  expect(check(library, folder)).toMatchObject({
    outcome: 'ok',
    evidence: [
      '/lib/libz.so.1 shows /opt/libz.so: file here, file in the image',
      '/opt/cray shows /opt/cray: folder here, folder in the image',
    ],
  });
});

test('a source that this host does not have leaves it open, and never refuses', () => {
  expect(check(library, absent)).toMatchObject({
    outcome: 'cannot-tell',
    message: `what is mounted at /opt/cray cannot be told: ${unseen}`,
    hint: 'see that the nodes have /opt/cray, or plan on a host that has it',
  });
  expect(check({ ...absent, there: 'absent' })).toMatchObject({
    outcome: 'cannot-tell',
    hint: expect.stringContaining('put /opt/cray into the image: it is made only where the source is seen'),
  });
  const forecast = preflight({ ...input, mounts: [absent] });
  expect(forecast.outcome).toBe('cannot-tell');
});

describe('will fail', () => {
  test.each([
    [
      'a file over a folder',
      { ...library, there: 'folder' },
      /is a file, and \/lib\/libz\.so\.1 is a folder in the image/,
    ],
    ['a folder over a file', { ...folder, there: 'file' }, /is a folder, and \/opt\/cray is a file in the image/],
    ['a target that is not there', { ...library, there: 'absent' }, /the image has no \/lib\/libz\.so\.1/],
    [
      'a target behind a link from /',
      { ...library, there: { link: '/lib/libz.so.1', to: '/etc/alternatives/z' } },
      /by the link \/lib\/libz\.so\.1, which leads to \/etc\/alternatives\/z/,
    ],
  ] as readonly (readonly [string, PlannedMount, RegExp])[])('%s', (_name, mount, message) => {
    const found = check({ ...absent, target: '/opt/other' }, mount);
    expect(found.outcome).toBe('will-fail');
    expect(found.message).toMatch(message);
    expect(found.message).toMatch(/; and 1 more$/);
    expect(found.hint).toMatch(/.{10}/);
    expect(preflight({ ...input, mounts: [mount] }).start).toBe('aborts');
  });

  test('a target within another mount, whose source has no such path; unknown where nobody saw that source', () => {
    const inner: PlannedMount = { source: '/s', target: '/opt/cray/x', is: 'folder', there: 'absent' };
    expect(check(folder, inner)).toMatchObject({
      outcome: 'will-fail',
      message: '/opt/cray/x lies in the mount at /opt/cray, and /opt/cray has no such path',
    });
    expect(check({ ...folder, is: 'folder' }, { ...inner, there: 'folder' }).outcome).toBe('ok');
    expect(check(absent, inner)).toMatchObject({ outcome: 'cannot-tell' });
  });
});
