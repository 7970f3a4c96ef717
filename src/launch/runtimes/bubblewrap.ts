/** Bubblewrap: `bwrap` on an unpacked directory, unprivileged (bwrap(1)). For machines without an HPC runtime. */
import { argv } from '../../base/argv.ts';
import { closed, Type } from '../../base/schema.ts';
import type { Runtime } from '../adapter.ts';

export const bubblewrap: Runtime = {
  kind: 'bubblewrap',
  options: closed({ kind: Type.Literal('bubblewrap') }),
  preparation: { directories: ['dev', 'mnt/suite', 'mnt/work', 'proc', 'sys', 'tmp'], files: [] },
  occupied: ['/dev', '/proc', '/sys', '/tmp'],
  targets: { suite: '/mnt/suite', work: '/mnt/work' },
  wrap: (launch) => ({
    ...launch,
    runtime: 'bubblewrap',
    argv: argv(
      'bwrap',
      '--ro-bind',
      launch.image.root,
      '/',
      '--dev-bind',
      '/dev',
      '/dev',
      '--proc',
      '/proc',
      '--ro-bind',
      '/sys',
      '/sys',
      '--bind',
      '/tmp',
      '/tmp',
      ...launch.mounts.flatMap(({ source, target, readOnly }) => [readOnly ? '--ro-bind' : '--bind', source, target]),
      ...Object.entries(launch.environment).flatMap(([name, value]) => ['--setenv', name, value]),
      '--chdir',
      launch.workingDirectory,
      ...launch.argv,
    ),
  }),
};
