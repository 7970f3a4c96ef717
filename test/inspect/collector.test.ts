import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { factFrom } from '../../src/inspect/answers.ts';
import { loadCollectorTemplates, renderCollector } from '../../src/inspect/collector.ts';
import { factValue } from '../../src/inspect/facts.ts';
import { readFrames } from '../../src/inspect/frames.ts';
import type { NodeAnswers, NodeAsk, Probe } from '../../src/inspect/probe.ts';
import { probes } from '../../src/inspect/probes/index.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';
import { realFiles } from '../../src/system/files.ts';
import { asking, nonce, plant, rendered, run, scratch, shells } from './scratch-collector.ts';

function textOf(frames: ReturnType<typeof readFrames>, id: string): string {
  return Buffer.from(frames.good.get(id)?.bytes ?? []).toString('utf8');
}

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))('the collector under $name', ({ shell }) => {
  test('brings back the facts of this machine', async () => {
    const directory = scratch();
    const collector = await rendered(directory, { probes });
    const { stdout, stderr, status } = await run(shell, [collector, '-', 'facts']);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const facts = readFacts(stdout, { nonce, probes });
    expect(factValue(facts, 'kernel', 'release')).toBe(release());
    expect(factValue(facts, 'kernel', 'machine')).toBe(execFileSync('uname', ['-m']).toString().trim());
    expect(readFrames(stdout, nonce)).toMatchObject({ ended: 'done' });
    expect(readFrames(stdout, nonce).bad.size).toBe(0);
  });

  test('writes one whole file a node and leaves nothing else behind', async () => {
    const directory = scratch();
    const collector = await rendered(directory, {
      probes: [asking([{ id: 'one', kind: 'variables', names: ['PATH'] }])],
    });
    const { status } = await run(shell, [collector, directory, 'facts'], {
      env: { SLURMD_NODENAME: 'n17', TMPDIR: directory },
    });
    expect(status).toBe(0);
    expect(readdirSync(directory).sort()).toEqual(['collector.sh', 'n17.facts']);
    expect(readFrames(readFileSync(join(directory, 'n17.facts'), 'utf8'), nonce).node).toBe('n17');
  });

  test('a tool that hangs and ignores SIGTERM costs only its own fact, and does not stay', async () => {
    const directory = scratch();
    const bin = join(directory, 'bin');
    plant(
      bin,
      'hangs',
      `trap '' TERM INT HUP\necho $$ >${directory}/pid\nsleep 1000 &\necho $! >${directory}/child\nwait\nsleep 1000`,
    );
    plant(bin, 'answers', 'sleep 0.2; echo fine');
    const asks: readonly NodeAsk[] = [
      { id: 'hangs', kind: 'command', argv: ['hangs'], limitSeconds: 1 },
      { id: 'answers', kind: 'command', argv: ['answers'], limitSeconds: 5 },
    ];
    const collector = await rendered(directory, { probes: [asking(asks)] });
    const result = await run(shell, [collector, '-', 'facts'], { env: { PATH: `${bin}:${process.env.PATH}` } });
    const frames = readFrames(result.stdout, nonce);
    expect(frames.good.get('trial.hangs')?.status).toBe('timeout=1');
    expect(textOf(frames, 'trial.answers')).toBe('fine\n');
    expect(result.seconds).toBeLessThan(5);
    for (const name of ['pid', 'child']) {
      const pid = readFileSync(join(directory, name), 'utf8').trim();
      const state = existsSync(`/proc/${pid}/stat`)
        ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0]
        : 'gone';
      expect(['gone', 'Z']).toContain(state);
    }
  });

  test('tells absent, denied, failed, empty and overlong answers apart', async () => {
    const root = scratch();
    const bin = join(root, 'bin');
    plant(bin, 'fails', 'echo half; echo "no such device" >&2; exit 3');
    plant(bin, 'floods', 'while :; do echo 0123456789012345678901234567890123456789; done');
    plant(bin, 'refused', 'true');
    chmodSync(join(bin, 'refused'), 0o644);
    writeFileSync(join(root, 'there'), 'a\n');
    writeFileSync(join(root, 'secret'), 'x');
    chmodSync(join(root, 'secret'), 0);
    mkdirSync(join(root, 'closed'));
    writeFileSync(join(root, 'closed', 'in'), 'x');
    chmodSync(join(root, 'closed'), 0);
    mkdirSync(join(root, 'folder'));
    const file = (id: string, path: string): NodeAsk => ({ id, kind: 'file', path });
    const command = (id: string): NodeAsk => ({ id, kind: 'command', argv: [id], limitSeconds: 10 });
    const asks: readonly NodeAsk[] = [
      file('there', '/there'), file('secret', '/secret'), file('closed', '/closed/in'), file('absent', '/no/such'), file('folder', '/folder'),
      command('fails'), command('floods'), command('refused'), command('nosuchtool'),
    ]; // biome-ignore format: a table
    const collector = await rendered(root, { probes: [asking(asks)], root });
    const { stdout } = await run(shell, [collector, '-', 'facts'], {
      env: { PATH: `${bin}:${process.env.PATH}` },
      ordinaryUser: true,
    });
    const frames = readFrames(stdout, nonce);
    const statuses = Object.fromEntries([...frames.good.values()].map((frame) => [frame.id, frame.status]));
    expect(statuses).toMatchObject({
      'trial.there': 'ok',
      'trial.secret': 'denied',
      'trial.closed': 'denied',
      'trial.absent': 'absent',
      'trial.folder': 'error',
      'trial.fails': 'exit=3',
      'trial.floods': 'cut',
      'trial.refused': 'denied',
      'trial.nosuchtool': 'absent',
    });
    expect(textOf(frames, 'trial.fails')).toBe('half\nno such device\n');
    chmodSync(join(root, 'closed'), 0o755);
  });

  test('carries every byte, and first lines of many small files', async () => {
    const root = scratch();
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256));
    writeFileSync(join(root, 'bytes'), bytes);
    mkdirSync(join(root, 'sys', 'a b'), { recursive: true });
    mkdirSync(join(root, 'sys', '$(touch pwned)'));
    writeFileSync(join(root, 'sys', 'a b', 'version'), ' 1.0 beta\nsecond\n');
    writeFileSync(join(root, 'sys', '$(touch pwned)', 'version'), 'back\\slash');
    const asks: readonly NodeAsk[] = [
      { id: 'bytes', kind: 'file', path: '/bytes' },
      { id: 'small', kind: 'small', patterns: ['/sys/*/version', '/nothing/*', '/sys/*'] },
    ];
    const collector = await rendered(root, { probes: [asking(asks)], root });
    const frames = readFrames((await run(shell, [collector, '-', 'facts'])).stdout, nonce);
    expect(Buffer.from(frames.good.get('trial.bytes')?.bytes ?? [])).toEqual(bytes);
    expect(textOf(frames, 'trial.small').split('\n').sort()).toEqual([
      '',
      'n /sys/$(touch pwned)',
      'n /sys/a b',
      'v /sys/$(touch pwned)/version\tback\\slash',
      'v /sys/a b/version\t 1.0 beta',
    ]);
  });

  test('the slow tier is asked where it is named, and the facts of a run do not wait for it', async () => {
    const directory = scratch();
    const bin = join(directory, 'bin');
    plant(bin, 'quick', 'echo quick');
    plant(bin, 'late', 'sleep 1; echo late');
    const asks: readonly NodeAsk[] = [
      { id: 'quick', kind: 'command', argv: ['quick'], limitSeconds: 5 },
      { id: 'late', kind: 'command', argv: ['late'], limitSeconds: 5, slow: true },
    ];
    const row = (answers: NodeAnswers, id: string) => ({ key: id, fact: factFrom(answers(id), (text) => text) });
    const probe: Probe = {
      ...asking(asks, (answers) => [row(answers, 'quick')]),
      readSlow: (answers) => [row(answers, 'late')],
    };
    const collector = await rendered(directory, { probes: [probe] });
    const env = { PATH: `${bin}:${process.env.PATH}` };
    const fast = await run(shell, [collector, '-', 'facts'], { env });
    expect(fast.seconds).toBeLessThan(0.9);
    expect(readFacts(fast.stdout, { nonce, probes: [probe] }).groups.trial).toEqual({
      quick: { value: 'quick', source: 'quick' },
    });
    const both = await run(shell, [collector, '-', 'facts', 'slow'], { env });
    expect(readFacts(both.stdout, { nonce, probes: [probe], slow: true }).groups.trial).toMatchObject({
      quick: { value: 'quick' },
      late: { value: 'late' },
    });
    // Cut in the middle, what was asked is unknown; it does not vanish.
    expect(readFacts(both.stdout.slice(0, 90), { nonce, probes: [probe], slow: true }).groups.trial).toMatchObject({
      late: { unknown: 'error' },
    });
  });

  test('what a profile prints around it, even words that look like frames, is no answer', async () => {
    const directory = scratch();
    const collector = await rendered(directory, { probes });
    const prelude = [
      'echo "Welcome to the cluster"; printf "no newline: "',
      `printf 'assay-begin ffffffffffffffffffffffffffffffff 1 evil\\nassay-frame ffffffffffffffffffffffffffffffff kernel.machine ok base64 0 sha256:00\\n'`,
      `printf 'assay-frame  kernel.machine ok base64 0 sha256:00\\n'; trap 'echo bye' EXIT`,
    ].join('\n');
    const { stdout } = await run(shell, [collector, '-', 'facts'], { prelude });
    const facts = readFacts(stdout, { nonce, probes });
    expect(factValue(facts, 'kernel', 'release')).toBe(release());
    expect(readFrames(stdout, nonce).bad.size).toBe(0);
  });

  test('a file that does not answer makes the files after it a timeout, no more', async () => {
    const root = scratch();
    writeFileSync(join(root, 'first'), 'x');
    execFileSync('mkfifo', [join(root, 'stuck')]);
    writeFileSync(join(root, 'later'), 'x');
    const probe = asking(
      [
        { id: 'first', kind: 'file', path: '/first' },
        { id: 'stuck', kind: 'file', path: '/stuck' },
        { id: 'later', kind: 'file', path: '/later' },
        { id: 'tool', kind: 'command', argv: ['uname', '-s'], limitSeconds: 5 },
      ],
      (answers) =>
        ['first', 'stuck', 'later', 'tool'].map((id) => {
          const answer = answers(id);
          return { key: id, fact: { value: answer.kind === 'content' ? 'read' : answer.unknown, source: id } };
        }),
    );
    const collector = await rendered(root, { probes: [probe], root, fileLimitSeconds: 1 });
    const { stdout, seconds } = await run(shell, [collector, '-', 'facts']);
    const rows = readFacts(stdout, { nonce, probes: [probe] }).groups.trial;
    expect(
      Object.fromEntries(Object.entries(rows ?? {}).map(([key, fact]) => [key, 'value' in fact && fact.value])),
    ).toEqual({
      first: 'read',
      stuck: 'timeout',
      later: 'timeout',
      tool: 'read',
    });
    expect(seconds).toBeLessThan(5);
  });

  test('checks sampled files of a tree against their digests', async () => {
    const directory = scratch();
    const tree = join(directory, 'tree');
    mkdirSync(join(tree, 'usr'), { recursive: true });
    writeFileSync(join(tree, 'usr', 'a'), 'a\n');
    writeFileSync(join(tree, 'usr', 'b'), 'changed\n');
    const sum = (text: string): string => execFileSync('sha256sum', { input: text }).toString().split(' ')[0] ?? '';
    writeFileSync(join(directory, 'list'), `${sum('a\n')}  usr/a\n${sum('b\n')}  usr/b\n`);
    const collector = await rendered(directory, {});
    const { stdout } = await run(shell, [collector, '-', 'files', join(directory, 'list'), tree]);
    expect(textOf(readFrames(stdout, nonce), 'files')).toMatch(/^usr\/a: OK\nusr\/b: FAILED\n/);
    const missing = await run(shell, [collector, '-', 'files', join(directory, 'nolist'), tree]);
    expect(readFrames(missing.stdout, nonce).good.get('files')?.status).toBe('absent');
  });
});

test('without base64 and sha256sum it falls back to od and cksum', async () => {
  const directory = scratch();
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  for (const tool of ['cat', 'grep', 'od', 'wc', 'cksum', 'mkdir', 'rm', 'mv', 'sleep', 'uname', 'id'])
    symlinkSync(execFileSync('which', [tool]).toString().trim(), join(bin, tool));
  const root = join(directory, 'root');
  mkdirSync(root);
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 7) % 256));
  writeFileSync(join(root, 'bytes'), bytes);
  const collector = await rendered(directory, {
    probes: [asking([{ id: 'bytes', kind: 'file', path: '/bytes' }])],
    root,
  });
  const dash = execFileSync('which', ['dash']).toString().trim();
  const { stdout } = await run([dash], [collector, '-', 'facts'], { env: { PATH: bin } });
  expect(stdout).toContain(' hex 300 cksum:');
  expect(Buffer.from(readFrames(stdout, nonce).good.get('trial.bytes')?.bytes ?? [])).toEqual(bytes);
});

test('of several tasks on a node only the first does anything', async () => {
  const directory = scratch();
  const collector = await rendered(directory, { probes });
  const result = await run(['dash'], [collector, directory, 'facts'], { env: { SLURM_LOCALID: '1' } });
  expect(result).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(readdirSync(directory)).toEqual(['collector.sh']);
});

test('the same options give the same bytes, and what a shell could misread is refused', async () => {
  const templates = await loadCollectorTemplates(realFiles);
  const options = { nonce, probes, ranksLimitSeconds: 60 };
  expect(renderCollector(templates, options)).toBe(renderCollector(templates, options));
  const withAsk = (ask: NodeAsk) => () => renderCollector(templates, { ...options, probes: [asking([ask])] });
  expect(withAsk({ id: 'a', kind: 'small', patterns: ['/sys/$(reboot)'] })).toThrow(/pattern/);
  expect(withAsk({ id: 'a', kind: 'variables', names: ['A;reboot'] })).toThrow(/variable/);
  expect(withAsk({ id: '../a', kind: 'file', path: '/x' })).toThrow(/name/);
  expect(withAsk({ id: 'a', kind: 'command', argv: ['x'], limitSeconds: 0 })).toThrow(/limit/);
  expect(withAsk({ id: 'a', kind: 'small', patterns: ['/x'], limitSeconds: 0.5 })).toThrow(/limit/);
  expect(() => renderCollector(templates, { ...options, nonce: 'abc' })).toThrow(/nonce/);
});
