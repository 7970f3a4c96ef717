/**
 * Charliecloud: `ch-run` on an unpacked directory, unprivileged (ch-run(1), 0.26 and later). The image is mounted
 * read-only; host variables pass through, so that the launcher's PMI reaches the ranks; the image's own are set in argv.
 */
import { argv } from '../../base/argv.ts';
import { closed, Type } from '../../base/schema.ts';
import type { HostMount, MountProblem } from '../../site/mounts.ts';
import type { Runtime } from '../adapter.ts';
import { launchPathInvalid } from '../errors.ts';
import type { Launch } from '../launch.ts';

/** ch-run splits `--bind=SRC:DST` at the colon and knows no escape for it. */
function bind(source: string, target: string): string {
  for (const path of [source, target])
    if (path.includes(':'))
      throw launchPathInvalid(
        `the path ${path} holds a colon, which ch-run takes for a separator`,
        'move the run directory',
      );
  return `--bind=${source}:${target}`;
}

/** ch-run takes one pair of single quotes around a value away (ch-run(1), "Environment variables"). */
function quoted(value: string): string {
  return /^'[\s\S]*'$/.test(value) ? `'${value}'` : value;
}

/** What `--bind` cannot say of a site's mount. */
function refuses({ source, target, readOnly }: HostMount): MountProblem | undefined {
  const why = 'holds a colon, which ch-run takes for a separator';
  for (const [key, path] of [
    ['source', source],
    ['target', target],
  ] as const)
    if (path.includes(':'))
      return { key, message: `${path} ${why}`, hint: 'name a path without one, such as a link to it' };
  if (!readOnly) return undefined;
  return {
    key: 'read_only',
    message: 'ch-run mounts with the rights that the user has, and cannot take the right to write away',
    hint: 'leave read_only out, or take that right away on the host',
  };
}

/**
 * The name of the group that joins. Of itself ch-run takes the number of the step, which is that of other jobs too: a step
 * that was ended while its ranks joined leaves the group on the node, and the next of that name by the same user fails.
 */
function joinTag({ environment, id }: Launch): string {
  return `${environment.ASSAY_NONCE ?? 'assay'}-${id.slice(-12)}`;
}

export const charliecloud: Runtime = {
  kind: 'charliecloud',
  options: closed({
    kind: Type.Literal('charliecloud'),
    program: Type.Optional(Type.String({ description: 'Name or path of ch-run.' })),
  }),
  // ch-run binds these from the host (doc/ch-run.rst, "Default bind-mounts") and cannot make them in a read-only image.
  preparation: {
    directories: ['dev', 'etc', 'mnt/suite', 'mnt/work', 'proc', 'sys', 'tmp', 'usr/bin'],
    files: ['etc/group', 'etc/hosts', 'etc/passwd', 'etc/resolv.conf'],
  },
  occupied: ['/dev', '/etc/group', '/etc/hosts', '/etc/passwd', '/etc/resolv.conf', '/proc', '/sys', '/tmp'],
  refuses,
  targets: { suite: '/mnt/suite', work: '/mnt/work' },
  wrap: (launch, options) => ({
    ...launch,
    runtime: 'charliecloud',
    argv: argv(
      typeof options.program === 'string' ? options.program : 'ch-run',
      '--env-no-expand',
      // Ranks of one node in one namespace: in sibling ones they may not read each other's memory (CMA), which makes
      // Open MPI slow and MPICH over UCX abort. ch-run learns from Slurm how many they are.
      ...(launch.launcher === 'srun' && launch.geometry.ranks > launch.geometry.nodes
        ? ['--join', `--join-tag=${joinTag(launch)}`]
        : []),
      ...Object.entries(launch.environment).map(([name, value]) => `--set-env=${name}=${quoted(value)}`),
      ...launch.mounts.map((mount) => bind(mount.source, mount.target)),
      `--cd=${launch.workingDirectory}`,
      launch.image.root,
      '--',
      ...launch.argv,
    ),
  }),
};
