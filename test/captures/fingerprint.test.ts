/** Captured files and outputs: the two forms of a fingerprint, TypeScript's and the shell's, come to the same bytes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { FingerprintName } from '../../src/inspect/probe.ts';
import { kfdProperties } from '../../src/inspect/probes/gpu/kfd.ts';
import { both } from '../inspect/both-forms.ts';
import { kernelTree, planted } from '../inspect/composed-node.ts';
import { byShell, byTypeScript, type Case, ok, pathOf } from '../inspect/fingerprint-cases.ts';
import { kinds } from '../inspect/fingerprint-nodes.ts';
import { mutated } from '../inspect/mutated-answers.ts';
import { shells } from '../inspect/scratch-collector.ts';

const captures = fileURLToPath(new URL('../../../shared/captures', import.meta.url));
const there = existsSync(captures);
const listed = (folder: string): string[] => (there ? readdirSync(join(captures, folder)) : []);
const bytes = (path: string): Buffer => readFileSync(join(captures, path));

/** A sound node of a kind with one answer put in the place of its own. */
function nodes(name: FingerprintName, id: string, answers: readonly (string | Uint8Array)[]): readonly Case[] {
  const sound = kinds.filter((kind) => kind.name === name).flatMap((kind) => kind.nodes);
  return answers.flatMap((answer) => sound.map((node) => ({ ...node, [id]: ok(answer) })));
}

const files = (folder: string): readonly Buffer[] => listed(folder).map((name) => bytes(`${folder}/${name}`));

/** What the ask of KFD brings back of a captured topology. */
function topology(tree: string): string {
  const root = `kfd-topology/${tree}/nodes`;
  return listed(root)
    .flatMap((node) => {
      const path = `${root}/${node}/properties`;
      if (!existsSync(join(captures, path))) return [];
      const lines = bytes(path).toString('utf8').split('\n');
      const asked = lines.filter((line) => kfdProperties.includes(line.split(' ')[0] ?? ''));
      return asked.map((line) => `/sys/class/kfd/kfd/topology/nodes/${node}/properties:${line}\n`);
    })
    .join('');
}

const given: readonly (readonly [name: FingerprintName, nodes: readonly Case[]])[] = [
  ['kernel', nodes('kernel', 'kernel.cmdline', files('proc-cmdline'))],
  ['kernel', nodes('kernel', 'modules.proc', files('proc-modules'))],
  ['mpi', nodes('mpi', 'mpi.plugins', files('srun-mpi-list'))],
  ['gpu', nodes('gpu', 'gpu.nvidia-smi', [...files('nvidia-smi-xml'), ...files('nvidia-smi-multi')])],
  ['gpu', nodes('gpu', 'gpu.kfd', listed('kfd-topology').map(topology))],
];

describe.skipIf(!there).each(shells.map((shell) => ({ as: shell.join(' '), shell })))('by $as', ({ shell }) => {
  const env = { PATH: pathOf(shell) };
  const trees: readonly (readonly [FingerprintName, place: string, folder: string])[] = [
    ...listed('cpu-vulnerabilities').map(
      (name) => ['kernel', 'sys/devices/system/cpu/vulnerabilities', `cpu-vulnerabilities/${name}`] as const,
    ),
    ...listed('kconfig').map((name) => ['kernel', 'lib/modules/6.1.0/config', `kconfig/${name}`] as const),
    ...listed('sys-class-infiniband').map((name) =>
      name.startsWith('procfs-')
        ? (['fabric', `sys/class/infiniband/${name.slice(7)}`, `sys-class-infiniband/${name}`] as const)
        : (['fabric', 'sys/class/infiniband', `sys-class-infiniband/${name}`] as const),
    ),
  ];

  test.each(trees)(
    '%s with %s of %s',
    async (name, place, folder) => {
      const own = Object.entries(kernelTree).filter(([path]) => !path.startsWith(place) && !path.startsWith('boot/'));
      const root = planted({ ...Object.fromEntries(own), 'sys/class/net/lo/operstate': 'up\n' });
      mkdirSync(join(root, place, '..'), { recursive: true });
      symlinkSync(join(captures, folder), join(root, place));
      const [script, typescript] = await both(shell, name, root, { env });
      expect(script).toEqual(typescript);
    },
    120_000,
  );

  test.each(given)(
    '%s of captured answers, whole and changed',
    async (name, cases) => {
      const words = kinds.find((kind) => kind.name === name)?.words ?? [];
      const all = [...cases, ...mutated(cases, words, 40, cases.length)];
      expect(cases.map((node) => byTypeScript(name, node)).filter((text) => !text.includes('=?'))).not.toEqual([]);
      expect(await byShell(shell, name, all)).toEqual(all.map((node) => byTypeScript(name, node)));
    },
    300_000,
  );
});
