import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { joinedFiles, placesOf } from '../../src/inspect/answers.ts';
import { readFrames } from '../../src/inspect/frames.ts';
import type { NodeAnswer, NodeAsk } from '../../src/inspect/probe.ts';
import { probes } from '../../src/inspect/probes/index.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';
import { asking, nonce, plant, rendered, run, scratch, shells } from './scratch-collector.ts';

const available = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program]);
    return true;
  } catch {
    return false;
  }
};

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))('asks under $name', ({ shell }) => {
  const ask = async (
    asks: readonly NodeAsk[],
    options: { root?: string; env?: Readonly<Record<string, string>> } = {},
  ) => {
    const directory = scratch();
    const collector = await rendered(directory, {
      probes: [asking(asks)],
      ...(options.root !== undefined && { root: options.root }),
    });
    const { stdout, stderr } = await run(shell, [collector, '-', 'facts'], options.env ? { env: options.env } : {});
    expect(stderr).toBe('');
    const frames = readFrames(stdout, nonce);
    return (id: string): NodeAnswer => {
      const frame = frames.good.get(`trial.${id}`);
      if (frame?.status !== 'ok')
        return { kind: 'unknown', unknown: 'error', why: frame?.status ?? 'none', source: id };
      return { kind: 'content', bytes: frame.bytes, status: 0, source: id };
    };
  };
  const text = (answer: NodeAnswer): string =>
    answer.kind === 'content' ? Buffer.from(answer.bytes).toString('utf8') : `?${answer.why}`;

  test('variables by how their names begin, each a line, no secret among them', async () => {
    const answers = await ask([{ id: 'env', kind: 'variables', names: ['ONE', 'ABSENT', 'OMPI_*', 'UCX_*'] }], {
      env: {
        ONE: '1',
        OMPI_MCA_a: "it's \"b\" $c `d`\nOMPI_FAKE='no'\nexport OMPI_FAKE='no'",
        OMPI_MCA_b: 'a=b;password=hunter2',
        OMPI_EMPTY: '',
        OMPI_API_TOKEN: 'hunter2',
        UCX_IB_PKEY: '0x8001',
        XOMPI_X: 'no',
      },
    });
    expect(text(answers('env')).split('\n').sort()).toEqual([
      '',
      'OMPI_API_TOKEN=***',
      'OMPI_EMPTY=',
      "OMPI_MCA_a=it's \"b\" $c `d`\\nOMPI_FAKE='no'\\nexport OMPI_FAKE='no'",
      'OMPI_MCA_b=***',
      'ONE=1',
      'UCX_IB_PKEY=0x8001',
    ]);
  });

  test('programs on PATH and at fixed places, and which run as their owner', async () => {
    const root = scratch();
    const bin = join(root, 'bin');
    for (const name of ['plain', 'owner', 'closed']) plant(bin, name, 'true');
    chmodSync(join(bin, 'owner'), 0o4755);
    chmodSync(join(bin, 'closed'), 0o644);
    const answers = await ask(
      [
        {
          id: 'programs',
          kind: 'programs',
          names: ['plain', 'owner', 'closed', 'nosuch', `/bin/owner`, '/bin/nosuch'],
        },
      ],
      { root, env: { PATH: `${bin}:${process.env.PATH}` } },
    );
    expect([...placesOf(answers('programs'))]).toEqual([
      ['plain', { path: '/bin/plain', setuid: false, allowed: true }],
      ['owner', { path: '/bin/owner', setuid: true, allowed: true }],
      ['closed', { path: '/bin/closed', setuid: false, allowed: false }],
      ['/bin/owner', { path: '/bin/owner', setuid: true, allowed: true }],
    ]);
  });

  test('bytes of many files behind each other', async () => {
    const root = scratch();
    for (const [name, bytes] of [
      ['a', [0, 10, 255]],
      ['b', [10, 10]],
    ] as const) {
      mkdirSync(join(root, 'mods', name), { recursive: true });
      writeFileSync(join(root, 'mods', name, '.note'), Buffer.from(bytes));
    }
    const answers = await ask(
      [
        { id: 'joined', kind: 'joined', pattern: '/mods/*/.note' },
        { id: 'none', kind: 'joined', pattern: '/no/*/.note' },
      ],
      { root },
    );
    const { paths, bytes } = joinedFiles(answers('joined'));
    expect(paths).toEqual(['/mods/a/.note', '/mods/b/.note']);
    expect([...bytes]).toEqual([0, 10, 255, 10, 10]);
    expect(text(answers('none'))).toBe('?absent');
  });

  test('a digest with the lines that fit, of a packed file too', async () => {
    const root = scratch();
    writeFileSync(join(root, 'config.gz'), gzipSync('# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C=m\nCONFIG_BB=y\n'));
    const pick = { pattern: '^(# )?CONFIG_(A|B)[ =]', most: 2 };
    const answers = await ask([{ id: 'config', kind: 'digest', paths: ['/none', '/config.gz'], pick }], { root });
    const [path, digest, ...lines] = text(answers('config')).trimEnd().split('\n');
    expect([path, ...lines]).toEqual(['/config.gz', '# CONFIG_A is not set', 'CONFIG_B=y']);
    expect(digest).toMatch(/^[0-9a-f]{64} /);
  });

  test('small files of the kernel are read whole, and hundreds of them in order', async () => {
    const path = '/proc/sys/vm/max_map_count';
    const own = await ask([{ id: 'sysctl', kind: 'small', patterns: [path, '/proc/sys/kernel/pid_max'] }]);
    expect(text(own('sysctl'))).toContain(`v ${path}\t${readFileSync(path, 'utf8').trim()}\n`);
    const root = scratch();
    mkdirSync(join(root, 'many'));
    const names = Array.from({ length: 450 }, (_, i) => `f${String(i).padStart(3, '0')}:1: x`);
    for (const [i, name] of names.entries())
      writeFileSync(join(root, 'many', name), i % 3 === 0 ? '' : `${i}:y\nmore\n`);
    const answers = await ask([{ id: 'many', kind: 'small', patterns: ['/many/*', '/many/f001*'] }], { root });
    expect(text(answers('many')).trimEnd().split('\n')).toEqual([
      ...names.map((name, i) => (i % 3 === 0 ? `e /many/${name}` : `v /many/${name}\t${i}:y`)),
      `v /many/${names[1]}\t1:y`,
    ]);
  });

  test('a tool that is not there costs no process, and one that may not be run is denied', async () => {
    const root = scratch();
    plant(join(root, 'bin'), 'closed', 'true');
    chmodSync(join(root, 'bin', 'closed'), 0o644);
    const command = (id: string): NodeAsk => ({ id, kind: 'command', argv: [id], limitSeconds: 5 });
    const answers = await ask([command('closed'), command('nosuch')], {
      env: { PATH: `${join(root, 'bin')}:${process.env.PATH}` },
    });
    expect([text(answers('closed')), text(answers('nosuch'))]).toEqual(['?denied', '?absent']);
  });

  test('trials of mounts leave nothing behind, and tell this user’s abilities', async () => {
    const directory = scratch();
    chmodSync(directory, 0o777);
    const collector = await rendered(directory, { probes });
    const { stdout, stderr } = await run(shell, [collector, '-', 'facts'], {
      ordinaryUser: true,
      env: { TMPDIR: directory, SCRATCH: '/no/such/place', OMP_NUM_THREADS: '4' },
    });
    expect(stderr).toBe('');
    const { groups } = readFacts(stdout, { nonce, probes });
    const shown = (group: string, key: string): string => {
      const fact = groups[group]?.[key];
      return fact === undefined ? 'no row' : 'value' in fact ? fact.value : `?${fact.unknown}`;
    };
    for (const kind of ['tmpfs', 'overlay', 'fuse'])
      expect(shown('container', `mount.${kind}`)).toMatch(/^(work|refused: .*|\?absent)$/);
    // What one trial says and what the plainer one says must agree: no mount works without a namespace.
    if (shown('container', 'mount.tmpfs') === 'work') expect(shown('container', 'user-namespaces')).toBe('work');
    if (!available('squashfuse') && !available('squashfuse_ll'))
      expect(shown('container', 'mount.squashfuse')).toBe('none');
    expect(shown('hardware', 'filesystem.scratch')).toBe('?absent');
    expect(shown('hardware', 'filesystem.root')).toMatch(/ at \/(,|$)/);
    expect(shown('environment', 'OMP_NUM_THREADS')).toBe('4');
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(directory);
    expect(execFileSync('ls', ['-A', directory]).toString().trim()).toBe('collector.sh');
  });
});
