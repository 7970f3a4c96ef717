import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { type RunLock, takeLock } from '../../src/run/lock.ts';
import { realSystem } from '../../src/system/real-system.ts';

const system = realSystem(true);
const dead = (host = system.environment.host, time = '2020-01-01T00:00:00.000Z') =>
  `${JSON.stringify({ host, pid: 99_999_999, start: '1', time })}\n`;
let folder = '';
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-lock-'));
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
});

/** So many takers at once; gives the locks that were had. */
async function race(takers: number): Promise<readonly RunLock[]> {
  const all = await Promise.allSettled(Array.from({ length: takers }, () => takeLock(system, at('lock'))));
  return all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

it.each([
  ['that nobody holds', undefined],
  ['of a dead process', dead()],
  ['of another host that is silent', dead('elsewhere')],
  ['that is empty', ''],
  ['that is no lock', 'what'],
])('of many who take a lock %s at once one has it', async (_what, content) => {
  for (let round = 0; round < 20; round += 1) {
    if (content !== undefined) writeFileSync(at('lock'), content);
    const [lock, second] = await race(8);
    expect(second).toBe(undefined);
    expect(readFileSync(at('lock'), 'utf8')).toContain(`"pid":${process.pid}`);
    await lock?.release();
    expect(readdirSync(folder)).toEqual([]);
  }
});

it('is not taken from a holder that lives, here or elsewhere', async () => {
  const lock = await takeLock(system, at('lock'));
  await expect(takeLock(system, at('lock'))).rejects.toMatchObject({ code: 'RUN_LOCKED' });
  await lock.release();
  writeFileSync(at('lock'), dead('elsewhere', new Date().toISOString()));
  await expect(takeLock(system, at('lock'))).rejects.toThrow('process 99999999 on elsewhere');
});

it('that another took over is neither touched nor removed', async () => {
  let ahead = 0;
  const clock = { ...system.clock, monotonic: () => system.clock.monotonic() + ahead };
  const lock = await takeLock({ ...system, clock }, at('lock'));
  writeFileSync(at('lock'), dead('elsewhere'));
  ahead = 1000;
  await expect(lock.touch()).rejects.toMatchObject({ code: 'RUN_LOCKED' });
  await lock.release();
  expect(readFileSync(at('lock'), 'utf8')).toBe(dead('elsewhere'));
});

it('is taken although a taker died while it took over', async () => {
  writeFileSync(at('lock'), dead());
  writeFileSync(at('lock.takeover'), dead());
  const old = new Date(Date.now() - 600_000);
  utimesSync(at('lock.takeover'), old, old);
  const lock = await takeLock(system, at('lock'));
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
});
