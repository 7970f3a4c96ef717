import { describe, expect, test } from 'vitest';
import { configOptions, configRows, optionOf, optionsIn } from '../../../../src/inspect/probes/kernel/config.ts';

const digest = 'a'.repeat(64);
const rowsOf = (text: string) =>
  Object.fromEntries(
    configRows({ kind: 'content', bytes: Buffer.from(text), status: 0, source: 'config' }).map(({ key, fact }) => [
      key,
      'value' in fact ? fact.value : `?${fact.unknown}`,
    ]),
  );

describe('kernel configuration', () => {
  test('options as y, m, n, number and text', () => {
    const options = optionsIn(
      'CONFIG_HZ=250\n# CONFIG_PREEMPT is not set\nCONFIG_FUSE_FS=m\nCONFIG_LSM="yama,bpf"\nCONFIG_LOCALVERSION=""\n# CONFIG_HZ is not\n',
    );
    expect(Object.fromEntries(options)).toEqual({
      HZ: '250',
      PREEMPT: 'n',
      FUSE_FS: 'm',
      LSM: 'yama,bpf',
      LOCALVERSION: 'empty',
    });
  });
  test('an option under its old name, and one that this kernel does not have', () => {
    const options = optionsIn('CONFIG_RETPOLINE=y\n');
    expect(optionOf(options, ['MITIGATION_RETPOLINE', 'RETPOLINE'])).toBe('y');
    expect(optionOf(options, ['PREEMPT_LAZY'])).toBe('none');
  });
  test('rows behind the digest', () => {
    const rows = rowsOf(`/proc/config.gz\n${digest}  -\nCONFIG_HZ=1000\nCONFIG_RETPOLINE=y\n`);
    expect(rows).toMatchObject({
      'config-digest': `sha256:${digest}`,
      'config-source': '/proc/config.gz',
      'config.HZ': '1000',
      'config.MITIGATION_RETPOLINE': 'y',
      'config.USER_NS': 'none',
    });
    expect(Object.keys(rows)).toHaveLength(2 + configOptions.length);
  });
  test('what names no option at all is no configuration', () => {
    expect(rowsOf(`/boot/config-6.1\n${digest}  -\nhello\n`)['config.HZ']).toBe('?error');
    expect(rowsOf('/boot/config-6.1\n')['config-digest']).toBe('?error');
  });
});
