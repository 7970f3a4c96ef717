import { describe, expect, test } from 'vitest';
import { container, versionIn } from '../../../../src/inspect/probes/container/container.ts';
import { capabilitiesIn } from '../../../../src/inspect/probes/container/programs.ts';
import { read, short } from '../../answering.ts';

describe('containers', () => {
  test('versions as runtimes print them', () => {
    const texts = [
      '0.31',
      'apptainer version 1.3.0-1',
      'podman version 4.3.1',
      'singularity-ce version 3.11.4-dirty',
      '3.4.1',
    ];
    expect(texts.map(versionIn)).toEqual(['0.31', '1.3.0-1', '4.3.1', '3.11.4-dirty', '3.4.1']);
  });
  test('user namespaces are tried; a refusal is a value with its words', () => {
    const refused = read(container, {
      userns: { status: 1, text: 'unshare: unshare failed: Operation not permitted\n' },
    });
    expect(short(refused['user-namespaces'])).toBe('refused: unshare: unshare failed: Operation not permitted');
    expect(short(read(container, { userns: '' })['user-namespaces'])).toBe('work');
    expect(short(read(container, {})['user-namespaces'])).toBe('?absent');
  });
  test('a limit of namespaces that nobody set is no number, for that one differs between equal nodes', () => {
    const of = (threads: string, limit: string) =>
      short(
        read(container, {
          sys: `v /proc/sys/kernel/osrelease\t6.1.0\nv /proc/sys/kernel/threads-max\t${threads}\nv /proc/sys/user/max_user_namespaces\t${limit}\n`,
        })['max-user-namespaces'],
      );
    expect(of('192731', '96365')).toBe('default (half of threads-max)');
    expect(of('192733', '96366')).toBe(of('192731', '96365'));
    expect([of('192731', '0'), of('192731', '15000'), of('', '96365')]).toEqual(['0', '15000', '96365']);
  });
  test('mounts are tried one by one; the place of the trial is not in the words', () => {
    const place = '/tmp/.assay-00112233445566778899aabbccddeeff-n17-4711';
    const facts = read(container, {
      mounts: `device\tnot for this user\ntmpfs\twork\noverlay\trefused: mount: ${place}/mounts/m: unknown filesystem type.\nfuse\twork\n`,
    });
    expect(['fuse-device', 'mount.tmpfs', 'mount.overlay', 'mount.fuse'].map((key) => short(facts[key]))).toEqual([
      'not for this user',
      'work',
      'refused: mount: /mounts/m: unknown filesystem type.',
      'work',
    ]);
  });
  test('without the namespace, or the tmpfs, nothing else was tried', () => {
    const said = 'device\tyes\nunshare: unshare failed: Operation not permitted\n';
    const facts = read(container, { mounts: { status: 1, text: said } });
    expect(short(facts['mount.overlay'])).toBe('refused: unshare: unshare failed: Operation not permitted');
    expect(short(facts['fuse-device'])).toBe('yes');
    const bare = read(container, { mounts: 'device\tnone\ntmpfs\trefused: mount: permission denied.\n' });
    expect(bare['mount.fuse']).toMatchObject({ unknown: 'absent', why: expect.stringContaining('not tried') });
    const missing = { status: 127, text: 'device\tyes\nsh: 1: unshare: not found\n' };
    expect(short(read(container, { mounts: missing })['mount.tmpfs'])).toBe('?absent');
  });
  test('SquashFS through FUSE works, is refused, or has no program', () => {
    const of = (status: number, text: string) =>
      short(read(container, { squashfuse: { status, text } })['mount.squashfuse']);
    expect(of(0, 'squashfuse\tworks\n')).toBe('work');
    expect(of(1, 'fuse: failed to open /dev/fuse: Permission denied\n')).toMatch(/^refused: fuse: failed/);
    expect(of(127, '')).toBe('none');
    expect(of(127, 'sh: unshare: not found\n')).toBe('?absent');
  });
  test('helpers with their marks', () => {
    const facts = read(container, {
      helpers:
        'newuidmap\t/usr/bin/newuidmap\tx\nfusermount3\t/usr/bin/fusermount3\ts\ncrun\t/opt/crun\tn\n/usr/libexec/apptainer/bin/starter-suid\t/usr/libexec/apptainer/bin/starter-suid\ts\n',
      capabilities: '/usr/bin/newuidmap cap_setuid=ep\n',
    });
    expect(
      ['newuidmap', 'fusermount3', 'crun', 'starter-suid', 'bwrap'].map((key) => short(facts[`helper.${key}`])),
    ).toEqual([
      '/usr/bin/newuidmap, cap_setuid=ep',
      '/usr/bin/fusermount3, setuid',
      '/opt/crun, not for this user',
      '/usr/libexec/apptainer/bin/starter-suid, setuid',
      'none',
    ]);
    // Composed from getcap(8): libcap before 2.41 writes ` = `.
    expect(capabilitiesIn('/usr/bin/newuidmap = cap_setuid+ep\n').get('/usr/bin/newuidmap')).toBe('cap_setuid+ep');
  });
  test('podman-hpc, which is slow to say its version', () => {
    const of = (given: Parameters<typeof read>[1]) => short(read(container, given, 'slow')['podman-hpc']);
    expect([of({ 'podman-hpc': 'podman-hpc, version 1.1.3\n' }), of({})]).toEqual(['1.1.3', 'none']);
  });
  test('subordinate ids', () => {
    const facts = read(container, { subordinate: 'uid\t100000:65536\nuid\t300000:1\nuid\tasked\ngid\tasked\n' });
    expect([short(facts.subuid), short(facts.subgid)]).toEqual(['100000:65536 300000:1', 'none']);
    expect(short(read(container, { subordinate: 'uid\t100000:65536\n' }).subuid)).toBe('?error');
  });
});
