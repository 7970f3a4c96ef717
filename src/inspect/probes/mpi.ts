/** How this node starts MPI programs: Slurm and its MPI plugins, and launchers on PATH. */
import { factOrNone } from '../answers.ts';
import type { Fact } from '../facts.ts';
import type { NodeAnswer, Probe } from '../probe.ts';

/**
 * Plugin names in the answer of `srun --mpi=list`, sorted, with the specific PMIx ones (`pmix_v4`). The wording before
 * the names changed between releases, their form did not: one a line, indented, before 22.05 behind `srun: `.
 */
export function mpiPlugins(text: string): readonly string[] {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const bare = line.replace(/^srun:\s?/, '').trim();
    const specific = /^specific pmix plugin versions available:\s*(.*)$/.exec(bare);
    if (specific) for (const name of (specific[1] ?? '').split(/[\s,]+/)) if (name !== '') names.add(name);
    if (/^[a-z][a-z0-9_]*$/.test(bare)) names.add(bare);
  }
  return [...names].sort();
}

/** The line that names a version: `mpirun (Open MPI) 4.1.4`, `HYDRA build details:` with its `Version:` line, … */
export function launcherVersion(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const hydra = /^HYDRA build details/.test(lines[0] ?? '');
  if (hydra) return `HYDRA ${/^Version:\s*(\S+)/m.exec(text.replaceAll(/^\s+/gm, ''))?.[1] ?? ''}`.trim();
  return lines.find((line) => /\d+\.\d+/.test(line));
}

/** `22.05.8` of `slurm 22.05.8` or `slurm-wlm 22.05.8`. */
function slurmVersion(text: string): string | undefined {
  return /^slurm\S*\s+(\S+)/m.exec(text)?.[1];
}

/** A tool that is there but has no cluster to talk to says nothing of MPI: unknown, with its own words. */
function plugins(answer: NodeAnswer): Fact {
  return factOrNone(answer, (text) => mpiPlugins(text).join(' '));
}

export const mpi: Probe = {
  name: 'mpi',
  asks: [
    { id: 'plugins', kind: 'command', argv: ['srun', '--mpi=list'], limitSeconds: 5 },
    { id: 'srun', kind: 'command', argv: ['srun', '--version'], limitSeconds: 5 },
    { id: 'slurmd', kind: 'command', argv: ['slurmd', '-V'], limitSeconds: 5 },
    { id: 'mpirun', kind: 'command', argv: ['mpirun', '--version'], limitSeconds: 5 },
    { id: 'mpiexec', kind: 'command', argv: ['mpiexec', '--version'], limitSeconds: 5 },
  ],
  fingerprints: { mpi: ['plugins', 'slurm', 'mpirun'] },
  ownKeys: [],
  read: (answers) => [
    { key: 'plugins', fact: plugins(answers('plugins')) },
    { key: 'slurm', fact: factOrNone(answers('srun'), slurmVersion) },
    { key: 'slurmd', fact: factOrNone(answers('slurmd'), slurmVersion) },
    { key: 'mpirun', fact: factOrNone(answers('mpirun'), launcherVersion) },
    { key: 'mpiexec', fact: factOrNone(answers('mpiexec'), launcherVersion) },
  ],
};
