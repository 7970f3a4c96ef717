import { describe, expect, it } from 'vitest';
import { argv } from '../../src/base/argv.ts';
import type { Launch } from '../../src/launch/launch.ts';
import { runtimes } from '../../src/launch/runtimes/index.ts';

const launch: Launch = {
  case: 'a/b',
  id: `sha256:${'0'.repeat(64)}`,
  geometry: { nodes: 1, ranks: 1, threads: 1 },
  argv: argv('app'),
  environment: {},
  mounts: [
    { source: '/run/work', target: '/mnt/work' },
    { source: '/opt/my lib', target: '/opt/lib', readOnly: true },
  ],
  workingDirectory: '/mnt/work',
  files: {},
  image: { digest: `sha256:${'0'.repeat(64)}`, root: '/tree' },
  mpi: 'none',
  mpiFamily: 'unknown',
  runtime: '',
  launcher: '',
  limitSeconds: 1,
};
const words = (kind: string) => runtimes[kind]?.wrap(launch, { kind }).argv.join(' ') ?? '';

describe('mounts in a command', () => {
  it('are binds of ch-run', () => {
    expect(words('charliecloud')).toContain('--bind=/run/work:/mnt/work --bind=/opt/my lib:/opt/lib --cd=');
  });

  it('are binds of bwrap, read-only where that is asked for', () => {
    expect(words('bubblewrap')).toContain('--bind /run/work /mnt/work --ro-bind /opt/my lib /opt/lib --chdir');
  });

  it.each(Object.values(runtimes))(
    '$kind names what it mounts of its own by absolute paths',
    ({ occupied, preparation }) => {
      for (const path of occupied) {
        expect(path).toMatch(/^\//);
        expect([...preparation.directories, ...preparation.files]).toContain(path.slice(1));
      }
    },
  );
});
