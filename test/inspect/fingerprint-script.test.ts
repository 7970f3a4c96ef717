/** The script by which a node takes its own fingerprints, run as a node would, beside the collector and TypeScript. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fingerprintKeys, fingerprintNames } from '../../src/inspect/fingerprint.ts';
import { loadFingerprintTemplates, renderFingerprintScript } from '../../src/inspect/fingerprint-script.ts';
import type { Probe } from '../../src/inspect/probe.ts';
import { probes } from '../../src/inspect/probes/index.ts';
import { realFiles } from '../../src/system/files.ts';
import { both, scriptFor } from './both-forms.ts';
import { flaws, kernelTree, planted } from './composed-node.ts';
import { pathOf } from './fingerprint-cases.ts';
import { run, scratch, shells } from './scratch-collector.ts';

const trees: Readonly<Record<string, Readonly<Record<string, string | Buffer | undefined>>>> = {
  'as it is': {},
  'another kernel': { 'proc/sys/kernel/osrelease': '6.2.0\n', 'boot/config-6.2.0': 'CONFIG_HZ=1000\n' },
  'no newline at the end': {
    'proc/sys/kernel/version': '#2 SMP',
    'proc/cmdline': 'root=UUID=1 nosmt',
    'proc/modules': 'xpmem 1 0 - Live 0x0 (OE)',
    [`${flaws}/mds`]: 'Vulnerable',
  },
  'carriage returns': {
    'proc/sys/kernel/version': '#2 SMP\r\n',
    'proc/cmdline': 'nosmt quiet\r\n',
    'proc/modules': 'xpmem 1 0 - Live 0x0 (OE)\r\nloop 1 0 - Live 0x0\r\n',
    'boot/config-6.1.0': 'CONFIG_HZ=250\r\n',
    [`${flaws}/mds`]: 'Vulnerable\r\n',
  },
  'quotes, tabs and blanks': {
    'proc/cmdline': '  a="x  y" \'b\'\t$(c) `d` e=\\ "f"g %s  \n',
    'proc/sys/kernel/version': '  #1 "SMP"  \'x\' \\n %d  \n',
  },
  'a tab inside quotes': { 'proc/cmdline': 'a="x\ty"\n' },
  'letters that are not ASCII': { 'proc/sys/kernel/version': '#1 SMP Müller\n' },
  'letters that are not ASCII where nobody looks': { 'proc/cmdline': 'root=LABEL=Größe nosmt password=ä\n' },
  'bytes that are no text': { [`${flaws}/mds`]: Buffer.from([0x56, 0xff, 0xfe, 0x0a]) },
  'a blank that only Unicode knows': { 'proc/cmdline': 'nosmt\u00a0mitigations=off\u2003\n' },
  'a very long line': { 'proc/cmdline': `nosmt ${'a=b '.repeat(5000)} ${'x'.repeat(20_000)}\n` },
  'an empty command line': { 'proc/cmdline': '\n' },
  'nothing but what is left out': { 'proc/cmdline': 'root=/dev/sda1 ro quiet -- mitigations=off\n' },
  'no command line': { 'proc/cmdline': undefined },
  'no version': { 'proc/sys/kernel/version': '\n' },
  'no configuration': { 'boot/config-6.1.0': undefined },
  'a configuration that is packed': {
    'boot/config-6.1.0': undefined,
    'proc/config.gz': execFileSync('gzip', ['-nc'], { input: 'CONFIG_HZ=100\n' }),
  },
  'a configuration that is not packed as it says': { 'proc/config.gz': 'CONFIG_HZ=100\n' },
  'no mitigations, and /sys is there': { [`${flaws}/mds`]: undefined, [`${flaws}/spectre_v2`]: undefined },
  'an empty mitigation': { [`${flaws}/mds`]: '' },
  'a mitigation that is a folder': { [`${flaws}/mds`]: undefined, [`${flaws}/mds/x`]: 'x\n' },
  'live patches': { 'sys/kernel/livepatch/b/enabled': '1\n', 'sys/kernel/livepatch/a/enabled': '0\n' },
  'no list of modules': {
    'proc/modules': undefined,
    'sys/module/xpmem/initstate': 'live\n',
    'sys/module/xpmem/taint': 'OE\n',
  },
  'many modules': {
    'proc/modules': Array.from({ length: 300 }, (_, i) => `m${i} 1 0 - Live 0x0 ${i % 9 ? '' : '(OE)'}\n`).join(''),
    ...Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`sys/module/m${i}/srcversion`, `S${i}\n`])),
  },
  'notes of another byte order': {
    'sys/kernel/notes': Buffer.from(`000000040000001400000003474e5500${'ab'.repeat(20)}`, 'hex'),
  },
  'notes without a build-id': { 'sys/kernel/notes': Buffer.from('060000000400000001010000', 'hex') },
};

const templates = await loadFingerprintTemplates(realFiles);

describe.each(shells.map((shell) => ({ as: shell.join(' '), shell })))('under $as', ({ shell }) => {
  const env = { PATH: pathOf(shell) };

  test.each(Object.keys(trees))(
    'the kernel of a node with %s',
    async (tree) => {
      const [script, typescript] = await both(shell, 'kernel', planted({ ...kernelTree, ...trees[tree] }), { env });
      expect(script).toEqual(typescript);
    },
    120_000,
  );

  test('a node whose files this user may not read', async () => {
    const root = planted(kernelTree);
    chmodSync(join(root, 'boot/config-6.1.0'), 0);
    chmodSync(join(root, flaws), 0);
    const [script, typescript] = await both(shell, 'kernel', root, { env, ordinaryUser: true });
    expect(script).toEqual(typescript);
    if (process.getuid?.() === 0) expect(script.line).toBe('kernel unknown: kernel.config-digest');
  }, 120_000);

  test.each(fingerprintNames)(
    '%s of this machine',
    async (name) => {
      const [script, typescript] = await both(shell, name, '', { env: { PATH: `${env.PATH}:${process.env.PATH}` } });
      expect(script).toEqual(typescript);
    },
    120_000,
  );

  test('leaves nothing behind, tells all in order, and says what it does not understand', async () => {
    const script = await scriptFor(planted(kernelTree));
    const all = await run(shell, [script], { env, prelude: 'echo "$$"' });
    const [pid, ...lines] = all.stdout.split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual([...fingerprintNames, '']);
    const left = ['/dev/shm', '/tmp', '/run'].flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
    expect(left.filter((name) => name.startsWith('.assay-fingerprint-') && name.endsWith(`-${pid}`))).toEqual([]);
    expect(await run(shell, [script, 'kernels'], { env })).toMatchObject({ status: 2, stdout: '' });
  }, 120_000);
});

// BusyBox's shell has all tools in itself.
test('without a tool that it needs it says so, and nothing else', async () => {
  const script = await scriptFor(planted(kernelTree));
  const few = scratch();
  for (const tool of ['sh', 'cat', 'rm', 'mkdir', 'sleep', 'uname', 'grep', 'tr', 'date'])
    execFileSync('sh', ['-c', 'ln -s "$(command -v "$1")" "$2"', 'sh', tool, join(few, tool)]);
  const shell = execFileSync('sh', ['-c', 'command -v sh'], { encoding: 'utf8' }).trim();
  const said = await run([shell], [script, 'kernel'], { env: { PATH: few } });
  expect(said.stdout).toMatch(/^kernel unknown: there is no \w+ on this node\n$/);
  expect(said.status).toBe(1);
}, 120_000);

describe('the text', () => {
  test('is the same for the same probes', () => {
    expect(renderFingerprintScript(templates, { probes })).toBe(renderFingerprintScript(templates, { probes }));
  });

  test('has every key of every list, and no form is missing', () => {
    const text = renderFingerprintScript(templates, { probes });
    for (const path of fingerprintNames.flatMap((name) => fingerprintKeys(name, probes)))
      expect(text).toContain(`\n      fact ${path} `);
    const more = (probe: Probe, forms: Probe['forms']) => () =>
      renderFingerprintScript(templates, {
        probes: [...probes, { ...probe, name: 'trial', fingerprints: { kernel: ['x'] }, ...(forms && { forms }) }],
      });
    const probe: Probe = { name: 'trial', asks: [], fingerprints: {}, ownKeys: [], read: () => [] };
    expect(more(probe, undefined)).toThrow('trial.x is in a fingerprint, and the shell has no form for it');
    expect(more(probe, { x: { name: 'nosuch', asks: [] } })).toThrow('the form nosuch of trial.x is in no template');
    expect(more(probe, { x: { name: 'small_file', asks: ['sys'] } })).toThrow('reads "sys", which is not asked');
  });
});
