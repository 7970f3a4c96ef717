/** What this node offers to run containers with, as the user that asks: runtimes, namespaces and mounts, helpers. */
import { factOrNone, mapFact, type SmallFiles, smallFactOrNone, smallFiles } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAsk, Probe } from '../../probe.ts';
import { helperAsks, helperRows, subordinateRows } from './programs.ts';
import { mountRows, squashfuseRow, trialAsks, userNamespaces } from './trials.ts';

/** The first thing in a text that looks like a version: `ch-run 0.31`, `podman version 4.3.1`, `apptainer version 1.3.0-1`. */
export function versionIn(text: string): string | undefined {
  return /\b\d+\.\d+[\w.+~-]*/.exec(text)?.[0];
}

const settings = [
  ['max-user-namespaces', '/proc/sys/user/max_user_namespaces'],
  ['max-mount-namespaces', '/proc/sys/user/max_mnt_namespaces'],
  ['unprivileged-userns-clone', '/proc/sys/kernel/unprivileged_userns_clone'],
  ['apparmor-restrict-userns', '/proc/sys/kernel/apparmor_restrict_unprivileged_userns'],
] as const;

const threadsMax = '/proc/sys/kernel/threads-max';

/**
 * A setting. A limit of namespaces that nobody set is half of threads-max (kernel/fork.c, fork_init), which the kernel
 * reckons from its memory to the page: said so, for as a number it differs between equal nodes and between two boots.
 */
function setting(sys: SmallFiles, path: string, seen: boolean): Fact {
  const most = Number(sys.values.get(threadsMax) ?? 'NaN');
  const untouched = String(Math.floor(most / 2));
  return mapFact(smallFactOrNone(sys, path, seen), (text) =>
    path.startsWith('/proc/sys/user/') && text === untouched ? 'default (half of threads-max)' : text,
  );
}

const runtimes = [
  ['charliecloud', 'ch-run', '--version'],
  ['podman', 'podman', '--version'],
  ['apptainer', 'apptainer', '--version'],
  ['singularity', 'singularity', '--version'],
  ['sarus', 'sarus', '--version'],
  ['enroot', 'enroot', 'version'],
] as const;

export const container: Probe = {
  name: 'container',
  asks: [
    {
      id: 'sys',
      kind: 'small',
      patterns: ['/proc/sys/kernel/osrelease', threadsMax, ...settings.map(([, path]) => path)],
    },
    ...runtimes.map(([id, ...argv]): NodeAsk => ({ id, kind: 'command', argv, limitSeconds: 10 })),
    // A Python program, which takes its time.
    { id: 'podman-hpc', kind: 'command', argv: ['podman-hpc', '--version'], limitSeconds: 10, slow: true },
    ...trialAsks,
    ...helperAsks,
  ],
  fingerprints: {},
  ownKeys: [],
  read: (answers) => {
    const sys = smallFiles(answers('sys'));
    const seen = sys.values.has('/proc/sys/kernel/osrelease');
    return [
      { key: 'user-namespaces', fact: userNamespaces(answers('userns')) },
      ...settings.map(([key, path]) => ({ key, fact: setting(sys, path, seen) })),
      ...runtimes.map(([id]) => ({ key: id, fact: factOrNone(answers(id), versionIn) })),
      ...mountRows(answers('mounts')),
      squashfuseRow(answers('squashfuse')),
      ...subordinateRows(answers('subordinate')),
      ...helperRows(answers('helpers'), answers('capabilities')),
    ];
  },
  readSlow: (answers) => [{ key: 'podman-hpc', fact: factOrNone(answers('podman-hpc'), versionIn) }],
};
