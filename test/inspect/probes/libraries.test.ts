import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { libraries } from '../../../src/inspect/probes/libraries.ts';
import { readFacts } from '../../../src/inspect/read-collected.ts';
import { damaged, read, short } from '../answering.ts';
import { nonce, plant, rendered, run, scratch, shells } from '../scratch-collector.ts';

const list =
  'libfabric.so.1\t/lib/libfabric.so.1\t/usr/lib/libfabric.so.1.20.0\nlibmpi.so.40\t/lib/libmpi.so.40\t/usr/lib/libmpi.so.40.30.4\n';
const digest = 'a'.repeat(64);

describe('libraries', () => {
  test('by soname, and in one line for the fingerprint of each kind', () => {
    const facts = read(libraries, { list });
    expect(short(facts['@fabric'])).toBe('libfabric.so.1.20.0');
    expect(short(facts['@mpi'])).toBe('libmpi.so.40.30.4');
    expect(facts['libmpi.so.40']).toEqual({ value: '/usr/lib/libmpi.so.40.30.4', source: '/lib/libmpi.so.40' });
    expect(short(read(libraries, { list: '' })['@mpi'])).toBe('none');
    expect(short(read(libraries, { list: { status: 3, text: 'ldconfig: not found\n' } })['@mpi'])).toBe('?error');
  });
  test('digests of the files; one that could not be read is unknown', () => {
    const facts = read(libraries, { list, digests: `${digest}  /usr/lib/libfabric.so.1.20.0\n` }, 'slow');
    expect(short(facts['libfabric.so.1:digest'])).toBe(`sha256:${digest}`);
    expect(short(facts['libmpi.so.40:digest'])).toBe('?error');
  });
  test('damaged answers never throw', () => {
    for (const bytes of damaged(list, 300)) {
      read(libraries, { list: bytes });
      read(libraries, { list: bytes, digests: bytes }, 'slow');
    }
  });
});

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))('libraries under $name', ({ shell }) => {
  test('LD_LIBRARY_PATH before the cache, each name once, and of the cache what this machine may load', async () => {
    const place = scratch();
    const [own, system] = [join(place, 'own lib'), join(place, 'system')];
    for (const folder of [own, system]) mkdirSync(folder);
    for (const name of ['libfabric.so.1.25.1', 'libmpi_usempif08.so.40', 'libmpi.so.40.x'])
      writeFileSync(join(own, name), name);
    symlinkSync('libfabric.so.1.25.1', join(own, 'libfabric.so.1'));
    writeFileSync(join(system, 'libfabric.so.1'), 'old');
    writeFileSync(join(system, 'libpmix.so.2'), 'pmix');
    plant(
      join(place, 'bin'),
      'ldconfig',
      [
        'echo "5 libs found in cache \\`/etc/ld.so.cache\'"',
        ...[
          `libfabric.so.1 (libc6,x86-64) => ${system}/libfabric.so.1`,
          `libpmix.so.2 (libc6) => ${system}/libpmix32.so.2`,
          `libpmix.so.2 (libc6,x86-64, hwcap: "x86-64-v3") => ${system}/hwcaps/libpmix.so.2`,
          `libpmix.so.2 (libc6,x86-64) => ${system}/libpmix.so.2`,
          `libz.so.1 (libc6,x86-64) => ${system}/libz.so.1`,
        ].map((line) => `printf '\\t%s\\n' '${line}'`),
      ].join('\n'),
    );
    const collector = await rendered(place, { probes: [libraries] });
    const env = { PATH: `${join(place, 'bin')}:${process.env.PATH}`, LD_LIBRARY_PATH: `/nothing::${own}` };
    const { stdout, stderr } = await run(shell, [collector, '-', 'facts', 'slow'], { env });
    expect(stderr).toBe('');
    const rows = readFacts(stdout, { nonce, probes: [libraries], slow: true }).groups.libraries ?? {};
    const sum = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
    expect(Object.fromEntries(Object.entries(rows).map(([key, fact]) => [key, short(fact)]))).toEqual({
      '@fabric': 'libfabric.so.1.25.1',
      '@mpi': 'libpmix.so.2',
      'libfabric.so.1': execFileSync('readlink', ['-f', join(own, 'libfabric.so.1.25.1')])
        .toString()
        .trim(),
      'libpmix.so.2': join(system, 'libpmix.so.2'),
      'libfabric.so.1:digest': sum('libfabric.so.1.25.1'),
      'libpmix.so.2:digest': sum('pmix'),
    });
  });
});
