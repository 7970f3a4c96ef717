import { expect, test } from 'vitest';
import { readImageConfig } from '../../src/image/config.ts';

const diffId = `sha256:${'a'.repeat(64)}`;
const whole = {
  architecture: 'arm64',
  os: 'linux',
  variant: 'v8',
  config: {
    Env: ['PATH=/bin', 'EMPTY=', 'OPTIONS=a=b', 'PATH=/usr/bin', 'NOTHING'],
    Entrypoint: ['/bin/tini', '--'],
    Cmd: ['sh'],
    WorkingDir: '/work',
    Labels: { 'org.opencontainers.image.version': '1' },
  },
  rootfs: { type: 'layers', diff_ids: [diffId] },
  history: [],
};

test('everything that a configuration says', () => {
  expect(readImageConfig(JSON.stringify(whole), 'x')).toEqual({
    architecture: 'arm64',
    os: 'linux',
    variant: 'v8',
    environment: { PATH: '/usr/bin', EMPTY: '', OPTIONS: 'a=b' },
    entrypoint: ['/bin/tini', '--'],
    command: ['sh'],
    workingDirectory: '/work',
    labels: { 'org.opencontainers.image.version': '1' },
    diffIds: [diffId],
  });
});

test('null and missing members are defaults', () => {
  const config = { Env: null, Entrypoint: null, Cmd: null, WorkingDir: '', Labels: null };
  const bare = { architecture: 'amd64', os: 'linux', rootfs: { diff_ids: [] } };
  const expected = { environment: {}, entrypoint: [], command: [], workingDirectory: '/', labels: {}, diffIds: [] };
  expect(readImageConfig(JSON.stringify({ ...bare, config }), 'x')).toMatchObject(expected);
  expect(readImageConfig(Buffer.from(JSON.stringify({ ...bare, config: null })), 'x')).toMatchObject(expected);
});

test.each([
  ['no JSON', '{"architecture"', 'no JSON'],
  ['an empty object, as artifacts have', '{}', 'architecture'],
  ['a command that is a text', JSON.stringify({ ...whole, config: { Cmd: 'sh' } }), 'config.Cmd'],
  ['a layer with another digest', JSON.stringify({ ...whole, rootfs: { diff_ids: ['md5:1'] } }), 'md5:1'],
])('%s is refused with the place', (_, text, place) => {
  expect(() => readImageConfig(text, 'registry.test/app:1')).toThrow(
    expect.objectContaining({ code: 'IMAGE_CONFIG_INVALID', message: expect.stringContaining(place) }),
  );
});

test('the architecture by GOARCH, whatever the builder called it', () => {
  const of = (architecture: string): string =>
    readImageConfig(JSON.stringify({ ...whole, architecture }), 'x').architecture;
  expect(['x86_64', 'aarch64', 'i686', 'powerpc64le', 'amd64', 'mips'].map(of)).toEqual([
    'amd64',
    'arm64',
    '386',
    'ppc64le',
    'amd64',
    'mips',
  ]);
});
