import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { posixChecksum, readFrames } from '../../src/inspect/frames.ts';
import { readFacts } from '../../src/inspect/read-collected.ts';
import { readFileSample } from '../../src/inspect/read-files.ts';
import { readRanks } from '../../src/inspect/read-ranks.ts';
import { damaged } from './answering.ts';
import { asking, nonce } from './scratch-collector.ts';

function frame(id: string, content: string, status = 'ok', mark = nonce): string {
  const sum = createHash('sha256').update(content).digest('hex');
  const body = content === '' ? '' : `${Buffer.from(content).toString('base64')}\n`;
  return `assay-frame ${mark} ${id} ${status} base64 ${Buffer.byteLength(content)} sha256:${sum}\n${body}assay-end ${mark} ${id}\n`;
}
const whole = (...frames: readonly string[]): string =>
  `motd\nassay-begin ${nonce} 1 n1\n${frames.join('')}assay-done ${nonce} ${frames.length}\nbye`;

const probe = asking(
  [
    { id: 'one', kind: 'file', path: '/one' },
    { id: 'two', kind: 'command', argv: ['two'], limitSeconds: 3 },
  ],
  (answers) =>
    ['one', 'two'].map((id) => {
      const answer = answers(id);
      if (answer.kind === 'unknown')
        return { key: id, fact: { unknown: answer.unknown, why: answer.why, source: answer.source } };
      return { key: id, fact: { value: Buffer.from(answer.bytes).toString(), source: answer.source } };
    }),
);
const facts = (text: string, node?: string) =>
  readFacts(text, { nonce, probes: [probe], ...(node && { node }) }).groups.trial;
const one = frame('trial.one', 'first');
const two = frame('trial.two', 'second');

describe('frames', () => {
  test('whole ones are facts, also with carriage returns', () => {
    expect(facts(whole(one, two))).toEqual({
      one: { value: 'first', source: '/one' },
      two: { value: 'second', source: 'two' },
    });
    expect(facts(whole(one, two).replaceAll('\n', '\r\n'))?.one).toMatchObject({ value: 'first' });
  });
  test('a doubled one is unknown, even if both are alike', () => {
    expect(facts(whole(one, one, two))).toMatchObject({
      one: { unknown: 'error', why: expect.stringContaining('twice') },
      two: { value: 'second' },
    });
  });
  test('a changed one is unknown', () => {
    expect(facts(whole(one.replace('Zmly', 'Zm1y'), two))).toMatchObject({
      one: { unknown: 'error' },
      two: { value: 'second' },
    });
    expect(facts(whole(one.replace(' 5 sha256', ' 6 sha256')))).toMatchObject({
      one: { why: expect.stringContaining('long') },
    });
    expect(facts(whole(one.replace(' ok ', ' fine ')))).toMatchObject({ one: { unknown: 'error' } });
  });
  test('one without the nonce is not there', () => {
    expect(facts(whole(frame('trial.one', 'forged', 'ok', 'f'.repeat(32)), two))).toMatchObject({
      one: { unknown: 'error' },
    });
    const inside = one.replace('assay-end', `${frame('trial.two', 'forged', 'ok', 'x')}assay-end`);
    expect(facts(whole(inside, two))).toMatchObject({ one: { unknown: 'error' }, two: { value: 'second' } });
  });
  test('wherever the text is cut, what is left is right and the rest is unknown', () => {
    const text = whole(one, two);
    for (let length = 0; length < text.length; length += 1) {
      for (const [key, fact] of Object.entries(facts(text.slice(0, length), 'n1') ?? {}))
        if ('value' in fact) expect(fact.value).toBe(key === 'one' ? 'first' : 'second');
        else expect(fact.unknown).toBe('error');
    }
  });
  test('a text of another node, or of none, is no evidence', () => {
    expect(facts(whole(one, two), 'n2')).toMatchObject({ one: { why: 'the text is of node n1, not of n2' } });
    expect(facts('', 'n1')).toMatchObject({ one: { unknown: 'error' }, two: { unknown: 'error' } });
  });
  test('statuses become the reasons of unknown facts', () => {
    const text = whole(frame('trial.one', '', 'denied'), frame('trial.two', '', 'timeout=3'));
    expect(facts(text)).toEqual({
      one: { unknown: 'denied', why: 'this user may not read /one', source: '/one' },
      two: { unknown: 'timeout', why: 'two did not end within 3 s', source: 'two' },
    });
  });
  test('a checksum of cksum is the one of POSIX', () => {
    for (const text of ['', 'hello\n', 'x'.repeat(70000)]) {
      const [sum] = execFileSync('cksum', { input: text }).toString().split(' ');
      expect(String(posixChecksum(Buffer.from(text)))).toBe(sum);
    }
  });
});

describe('ranks', () => {
  const record = 'pid 12\nstep 0\nrank 1\nnode n1\ncase \nexe /a\n';
  test('a record that is cut is a problem, and the text has no proper end', () => {
    const text = whole(frame('rank.12.0', record), frame('rank.12.1', `${record}map 00:1 7 /l.so\n`));
    const cut = readRanks(text.slice(0, -80), nonce, 'n1');
    expect(cut.ended).toBe('cut');
    expect(cut.problems.length).toBeGreaterThan(1);
    expect(cut.ranks).toHaveLength(1);
  });
  test('a lost record is noticed by the count', () => {
    const text = `assay-begin ${nonce} 1 n1\n${frame('rank.12.0', record)}assay-done ${nonce} 2 stop\n`;
    expect(readRanks(text, nonce, 'n1')).toMatchObject({
      ended: 'stop',
      problems: ['2 records were written and 1 are there'],
    });
  });
  const full = [
    ...['pid 12', 'step 0', 'rank 1', 'node n1', 'case a/b', 'exe /a', 'cgroup 0::/job', 'cgroup 3:memory:/'],
    ...['limit /sys/fs/cgroup/job/memory.max\t1000', 'limit /sys/fs/cgroup/job/cpu.max\t50000 100000'],
    ...['limits-of memory.max cpu.max cpuset.cpus.effective', 'Uid:\t1 1 1 1', 'Cpus_allowed_list:\t0-3'],
    ...['opened /dev/shm/vader_segment', 'map fe:00 7 /usr/lib/libmpi.so.40', 'map fe:00 8 /usr/lib/mca_pml_cm.so', ''],
  ].join('\n');
  const looks = 'looked 0 1 12 9 0-1\nmap fe:00 8 /usr/lib/mca_pml_cm.so\n';
  const ranksOf = (...frames: readonly string[]) => readRanks(whole(...frames), nonce, 'n1').ranks;

  test('limits, what was let go, and what was so at the last look', () => {
    expect(ranksOf(frame('rank.12.0', full), frame('looks.1', looks))).toMatchObject([
      {
        limits: { memory: 1000, time: 0.5 },
        processors: '0-1',
        quiet: 9,
        opened: ['/dev/shm/vader_segment'],
        libraries: [{ path: '/usr/lib/libmpi.so.40' }, { path: '/usr/lib/mca_pml_cm.so', released: true }],
      },
    ]);
    // Without its end nothing is known of the last looks.
    const [cut] = ranksOf(frame('rank.12.0', full));
    expect(cut?.processors).toBe('0-3');
    expect(cut).not.toHaveProperty('quiet');
  });
  test('a limit that could not be read on the way is unknown; where no cgroup has the file, there is none', () => {
    const limits = (text: string) => ranksOf(frame('rank.12.0', text))[0]?.limits;
    expect(limits(`${full}unread /sys/fs/cgroup/memory.max\n`)).toEqual({ time: 0.5 });
    expect(limits(`${full}unread memory.max cpu.max cpuset.cpus.effective of cgroup /sys/fs/cgroup/../x\n`)).toEqual(
      {},
    );
    const topmost = full.replaceAll(/^limit .*\n/gm, '');
    expect(limits(topmost)).toEqual({ memory: 'none', time: 'none' });
    expect(limits(topmost.replace(/^limits-of .*\n/m, ''))).toEqual({});
  });
  test('damaged records never throw, and say nothing that is no number or list', () => {
    for (const text of [full, looks])
      for (const bytes of damaged(text, 2000)) {
        const content = Buffer.from(bytes).toString('latin1');
        const frames =
          text === full
            ? [frame('rank.12.0', content), frame('looks.1', looks)]
            : [frame('rank.12.0', full), frame('looks.1', content)];
        for (const { limits, quiet } of ranksOf(...frames)) {
          for (const limit of [limits.memory, limits.time])
            expect(limit === undefined || limit === 'none' || (Number.isFinite(limit) && limit >= 0)).toBe(true);
          expect(quiet === undefined || Number.isSafeInteger(quiet)).toBe(true);
        }
      }
  });
  test('a record that names no rank is a problem, not a rank', () => {
    expect(readRanks(whole(frame('rank.12.0', 'pid 1\n')), nonce, 'n1').ranks).toEqual([]);
  });
});

describe('sampled files', () => {
  const sample = (content: string, status: string, expected = 2) =>
    readFileSample(whole(frame('files', content, status)), nonce, 'n1', expected);
  test('agree only if all were checked', () => {
    expect(sample('a: OK\nb: OK\n', 'ok')).toEqual({ kind: 'agrees', node: 'n1', checked: 2 });
    expect(sample('a: OK\n', 'ok')).toMatchObject({ kind: 'unknown', why: '1 of 2 files were checked' });
    expect(sample('a: OK\nb: FAILED open or read\nsha256sum: WARNING: 1\n', 'exit=1')).toEqual({
      kind: 'differs',
      node: 'n1',
      paths: ['b'],
    });
    expect(sample('', 'timeout=120')).toMatchObject({ kind: 'unknown' });
    expect(readFileSample('', nonce, 'n1', 2)).toMatchObject({ kind: 'unknown' });
  });
});

test('the count on the last line is read', () => {
  expect(readFrames(whole(one, two), nonce)).toMatchObject({ count: 2, ended: 'done' });
});
