/** The operating system around the tests, and who asks from where: user, Slurm step. */
import { assignments, factFrom, smallFact, smallFiles, textOf } from '../answers.ts';
import type { Fact } from '../facts.ts';
import type { NodeAnswer, NodeAnswers, Probe } from '../probe.ts';

/** `2.36` of getconf's `glibc 2.36`, or of the first line of ldd. */
function glibc(answers: NodeAnswers): Fact {
  const fact = factFrom(answers('getconf'), (text) => /^glibc (\S+)/.exec(text)?.[1]);
  if ('value' in fact) return fact;
  const second = factFrom(answers('ldd'), (text) => /^ldd \(.*\) (\d+\.\d+\S*)/.exec(text)?.[1]);
  return 'value' in second ? second : fact;
}

/** Version of the cgroup hierarchy: v2 has its own list of controllers at the root (cgroups(7)). */
function cgroups(answer: NodeAnswer): Fact {
  const files = smallFiles(answer);
  const source = '/sys/fs/cgroup';
  if (files.missing) return { unknown: files.missing.unknown, why: files.missing.why, source };
  const has = (path: string): boolean => files.values.has(path) || files.empty.includes(path);
  if (has(`${source}/cgroup.controllers`)) return { value: 'v2', source };
  if (has(`${source}/unified/cgroup.controllers`)) return { value: 'v1 and v2', source };
  if (files.directories.some((path) => path.startsWith(`${source}/`))) return { value: 'v1', source };
  return { unknown: 'absent', why: `nothing is mounted at ${source}`, source };
}

const variables = ['SLURM_JOB_ID', 'SLURM_STEP_ID', 'SLURM_JOB_PARTITION', 'SLURM_CLUSTER_NAME', 'SLURMD_NODENAME'];

export const system: Probe = {
  name: 'system',
  asks: [
    {
      id: 'sys',
      kind: 'small',
      patterns: [
        '/proc/sys/kernel/hostname',
        '/sys/fs/cgroup/cgroup.controllers',
        '/sys/fs/cgroup/unified/cgroup.controllers',
        '/sys/fs/cgroup/*',
      ],
    },
    { id: 'os', kind: 'lines', path: '/etc/os-release', pattern: '^(ID|VERSION_ID|PRETTY_NAME)=', most: 3 },
    { id: 'getconf', kind: 'command', argv: ['getconf', 'GNU_LIBC_VERSION'], limitSeconds: 10 },
    { id: 'ldd', kind: 'command', argv: ['ldd', '--version'], limitSeconds: 10 },
    { id: 'uid', kind: 'command', argv: ['id', '-u'], limitSeconds: 10 },
    { id: 'user', kind: 'command', argv: ['id', '-un'], limitSeconds: 10 },
    { id: 'step', kind: 'variables', names: variables },
  ],
  fingerprints: {},
  ownKeys: ['hostname', 'slurmd-nodename', 'slurm-job-id', 'slurm-step-id'],
  read: (answers) => {
    const os = answers('os');
    const release = assignments(textOf(os) ?? '');
    const step = assignments(textOf(answers('step')) ?? '');
    return [
      { key: 'hostname', fact: smallFact(smallFiles(answers('sys')), '/proc/sys/kernel/hostname') },
      { key: 'os', fact: factFrom(os, () => release.get('PRETTY_NAME') ?? release.get('ID')) },
      {
        key: 'os-id',
        fact: factFrom(os, () => [release.get('ID'), release.get('VERSION_ID')].filter(Boolean).join(' ')),
      },
      { key: 'glibc', fact: glibc(answers) },
      { key: 'cgroups', fact: cgroups(answers('sys')) },
      { key: 'uid', fact: factFrom(answers('uid'), (text) => /^\d+$/m.exec(text)?.[0]) },
      { key: 'user', fact: factFrom(answers('user'), (text) => text.split('\n', 1)[0]) },
      ...variables.map((name) => ({
        key: name.toLowerCase().replaceAll('_', '-'),
        fact: variableFact(step.get(name), name, answers('step')),
      })),
    ];
  },
};

function variableFact(value: string | undefined, name: string, answer: NodeAnswer): Fact {
  if (value) return { value, source: `environment ${name}` };
  if (answer.kind === 'unknown') return { unknown: answer.unknown, why: answer.why, source: `environment ${name}` };
  return { unknown: 'absent', why: `${name} is not set: not in a Slurm step`, source: `environment ${name}` };
}
