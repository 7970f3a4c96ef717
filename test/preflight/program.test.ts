import { describe, expect, test } from 'vitest';
import { readElf, readerOf } from '../../src/base/elf.ts';
import type { AskedProgram } from '../../src/image/asked-program.ts';
import type { Image } from '../../src/image/image.ts';
import type { PreflightInput, StartedProgram } from '../../src/preflight/finding.ts';
import { preflight } from '../../src/preflight/preflight.ts';
import { type ElfPlan, makeElf } from '../base/elf-file.ts';
import { image, input, node, wish } from './example.ts';

const busybox: Image = {
  ...image,
  mpi: { unknown: 'no program of the image needs an MPI library' },
  libc: { unknown: 'the image holds no C library' },
};
const libc = {
  path: '/lib/x86_64-linux-gnu/libc.so.6',
  soname: 'libc.so.6',
  found: true,
  versions: ['GLIBC_2.2.5', 'GLIBC_2.28'],
} as const;

async function elfOf(plan: ElfPlan) {
  const elf = await readElf(readerOf(makeElf(plan)));
  if ('notElf' in elf) throw new Error(elf.why);
  return elf;
}

function started(program: Partial<AskedProgram>, more: Partial<StartedProgram> = {}): StartedProgram {
  return {
    origin: 'suite',
    program: { word: 'bin/x of the suite', files: [], places: [], ...program },
    path: '/usr/bin:/bin',
    ownPath: false,
    namesMpi: false,
    ...more,
  };
}

function ask(change: Partial<PreflightInput>, programs: readonly StartedProgram[]) {
  const own = programs.some(({ origin }) => origin === 'suite');
  const answer = preflight({
    ...input,
    ...change,
    wish: { ...wish, program: own ? { builds: [] } : 'image', ...change.wish, started: programs },
  });
  const bad = answer.findings.filter(({ outcome }) => outcome !== 'ok').map(({ check }) => check);
  return { ...answer, bad, messages: answer.findings.map(({ message }) => message).join('\n') };
}

const interpreter = '/lib64/ld-linux-x86-64.so.2';

describe("a suite's own program", () => {
  test('that is static, or a script, needs neither libc nor MPI of the image', async () => {
    const fixed = started({ elf: await elfOf({ type: 2 }) }, { needed: [] });
    expect(ask({ image: busybox }, [fixed])).toMatchObject({ outcome: 'ok', start: 'starts' });
    const script = started({ files: ['/bin/busybox'] });
    expect(ask({ image: busybox }, [script])).toMatchObject({ outcome: 'ok', start: 'starts' });
  });

  test('that is static and has an MPI inside: how its ranks meet cannot be told', async () => {
    const inside = started({ elf: await elfOf({ type: 2 }) }, { needed: [], speaksMpi: true });
    expect(ask({ image: busybox }, [inside])).toMatchObject({ outcome: 'cannot-tell', bad: ['pmi'] });
  });

  test('in C without MPI runs in an image with an MPI that could not be started', async () => {
    const elf = await elfOf({ interpreter, needed: ['libc.so.6'] });
    const plain = started({ elf }, { needed: ['libc.so.6'], versionsNeeded: { 'libc.so.6': ['GLIBC_2.2.5'] } });
    const there = { ...image, libraries: [libc] };
    const facts = [node('n1', 'none pmi2')];
    expect(ask({ image: there, facts }, [plain])).toMatchObject({ outcome: 'ok', start: 'starts' });
    const lacking = { ...there, mpi: { ...image.mpi, missing: ['libucp.so.0'] } as Image['mpi'] };
    expect(ask({ image: lacking, facts }, [plain])).toMatchObject({ outcome: 'ok', start: 'starts' });
    const newer = { ...plain, versionsNeeded: { 'libc.so.6': ['GLIBC_2.34'] } };
    expect(ask({ image: there }, [newer])).toMatchObject({ outcome: 'will-fail', start: 'aborts', bad: ['libraries'] });
    expect(ask({ image: there }, [newer]).messages).toContain(
      'bin/x of the suite needs GLIBC_2.34, which /lib/x86_64-linux-gnu/libc.so.6 of the image does not define',
    );
    const more = { ...plain, needed: ['libc.so.6', 'libgone.so.1'] };
    expect(ask({ image: there }, [more]).messages).toContain('needs libgone.so.1');
    expect(ask({ image: busybox }, [plain]).bad).toContain('libc');
  });

  test('linked with an MPI needs one in the image, by its name or that of its file', async () => {
    const elf = await elfOf({ interpreter, needed: ['libmpi.so.40', 'libc.so.6'] });
    const linked = started({ elf }, { needed: ['libmpi.so.40', 'libc.so.6'], namesMpi: true });
    expect(ask({ image: { ...image, libraries: [libc] } }, [linked])).toMatchObject({ outcome: 'ok', start: 'starts' });
    expect(ask({ image: { ...busybox, libc: image.libc } }, [linked]).bad).toContain('abi');
    const absent = started({}, { namesMpi: true, absent: true });
    expect(ask({}, [absent]).messages).toContain('the suite has builds for none');
    expect(ask({}, [started({}, { absent: true })]).messages).toContain('the suite has no bin/x');
  });
});

describe('a program of the image', () => {
  const trouble = 'the image has no app in its PATH, /usr/bin:/bin';
  const of = (program: Partial<AskedProgram>, more: Partial<StartedProgram> = {}) =>
    started({ word: 'app', ...program }, { origin: 'image', ...more });

  test('that cannot be started fails, unless something else decides', () => {
    const gone = of({ trouble, places: ['/usr/bin/app', '/bin/app'] });
    expect(ask({}, [gone])).toMatchObject({ outcome: 'will-fail', start: 'aborts', bad: ['program'] });
    expect(ask({}, [gone]).messages).toContain(trouble);
    expect(ask({}, [{ ...gone, ownPath: true }])).toMatchObject({ outcome: 'cannot-tell', start: 'unknown' });
    const at = (target: string) => [{ source: '/opt/x', target, is: 'folder', there: 'folder' } as const];
    expect(ask({ mounts: at('/bin') }, [gone]).outcome).toBe('cannot-tell');
    expect(ask({ mounts: at('/data') }, [gone]).outcome).toBe('will-fail');
    expect(ask({}, [of({ doubt: 'who knows' })])).toMatchObject({ outcome: 'cannot-tell', bad: ['program'] });
    expect(ask({}, [of({ files: ['/usr/bin/app'] })]).outcome).toBe('ok');
  });

  test('that needs a symbol version, itself or by a library, fails; others do not count', () => {
    const unmet = [{ program: '/opt/h', file: '/opt/h', version: 'GLIBC_2.34', library: libc.path }];
    const old = { ...image, libraries: [libc], needs: { ...image.needs, unmet } };
    expect(ask({ image: old }, [of({ files: ['/opt/other'] })]).outcome).toBe('ok');
    const hit = ask({ image: old }, [of({ files: ['/opt/h'] })]);
    expect(hit).toMatchObject({ outcome: 'will-fail', start: 'aborts', bad: ['libraries'] });
    expect(hit.messages).toContain(
      '/opt/h needs GLIBC_2.34, which /lib/x86_64-linux-gnu/libc.so.6 of the image does not define',
    );
    const other = { ...wish, program: 'image', ownLibraryPath: true } as const;
    expect(ask({ image: old, wish: other }, [of({ files: ['/opt/h'] })]).outcome).toBe('cannot-tell');
  });
});

test('an image whose loader is gone starts no program of its MPI', () => {
  const noLoader = { path: interpreter, program: '/usr/bin/hello' };
  const own = { ...wish, program: 'image' } as const;
  const answer = (of: Image, more: Partial<PreflightInput> = {}) =>
    preflight({ ...input, ...more, image: { ...of, needs: { ...image.needs, noLoader } }, wish: own });
  expect(answer(image)).toMatchObject({ outcome: 'will-fail', start: 'aborts' });
  expect(answer({ ...busybox, mpi: { unknown: 'none' } }).start).toBe('unknown');
  const mounts = [{ source: '/lib64', target: '/usr/lib64', is: 'folder', there: 'folder' }] as const;
  expect(answer(image, { mounts }).start).toBe('unknown');
});

test('an image without any program starts nothing, but what is mounted or was not read may', () => {
  const empty = { ...busybox, needs: { ...image.needs, programs: [] } };
  const alone = { ...wish, ranks: 1, program: 'image' } as const;
  const answer = preflight({ ...input, image: empty, wish: alone });
  expect(answer).toMatchObject({ outcome: 'will-fail', start: 'aborts' });
  const unread = { ...empty, gaps: ['not listed: /opt: permission denied'] };
  expect(preflight({ ...input, image: unread, wish: alone })).toMatchObject({
    outcome: 'cannot-tell',
    start: 'unknown',
  });
});
