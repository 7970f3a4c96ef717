/** Kernel modules: each that is loaded, those that did not come with the kernel, and parameters of those that matter. */
import { known, type SmallFiles, smallFact, smallFiles, unknown } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, Probe, ProbeRow } from '../../probe.ts';
import { described, foreignModules, loadedModules, type Module, moduleBuildIds } from './module-list.ts';
import { parameterPatterns, parameterRows } from './parameters.ts';

const root = '/sys/module';
const disabled = '/proc/sys/kernel/modules_disabled';

/** Whether this kernel can load modules at all. */
function loadableRow(list: NodeAnswer, sys: SmallFiles, loaded: readonly Module[]): ProbeRow {
  if (list.kind === 'content') return known('@loadable', 'yes', list.source);
  if (list.unknown === 'absent' && !sys.missing)
    return known('@loadable', loaded.length > 0 ? 'yes' : 'no', list.source);
  return unknown('@loadable', list.unknown, list.why, list.source);
}

/** A row of all modules of a kind, or why the modules cannot be told. */
function summaryRow(key: string, words: readonly string[], list: NodeAnswer, sys: SmallFiles): ProbeRow {
  if (list.kind === 'unknown' && list.unknown !== 'absent') return unknown(key, list.unknown, list.why, list.source);
  if (sys.missing) return unknown(key, sys.missing.unknown, sys.missing.why, root);
  if (!sys.directories.includes(root)) return unknown(key, 'absent', `${root} cannot be seen`, root);
  return known(key, words.length > 0 ? words.join('; ') : 'none', root);
}

/** Why what modules state is not known: an answer that was lost must not leave rows that say less and look whole. */
function silence(sys: SmallFiles, notes: NodeAnswer): Fact | undefined {
  if (sys.missing) return { unknown: sys.missing.unknown, why: sys.missing.why, source: root };
  if (notes.kind === 'unknown')
    return notes.unknown === 'absent' ? undefined : { unknown: notes.unknown, why: notes.why, source: notes.source };
  if (moduleBuildIds(notes)) return undefined;
  return {
    unknown: 'error',
    why: 'there are not as many build-ids as modules: one came or went',
    source: notes.source,
  };
}

/** Parts of the kernel itself that state a version: `bridge 2.3`. */
function builtIn(sys: SmallFiles, loaded: readonly Module[]): readonly string[] {
  const names = new Set(loaded.map(({ name }) => name));
  return [...sys.values]
    .flatMap(([path, version]) => {
      const name = /^\/sys\/module\/([^/]+)\/version$/.exec(path)?.[1];
      return name && !names.has(name) && !sys.values.has(`${root}/${name}/initstate`) ? [`${name} ${version}`] : [];
    })
    .sort();
}

export const modules: Probe = {
  name: 'modules',
  asks: [
    { id: 'proc', kind: 'file', path: '/proc/modules' },
    {
      id: 'sys',
      kind: 'small',
      patterns: [
        root,
        ...['initstate', 'version', 'srcversion', 'taint'].map((file) => `${root}/*/${file}`),
        ...parameterPatterns,
        disabled,
      ],
    },
    // Build-ids are bytes, which a shell cannot read: one `cat` brings those of all modules, 36 bytes each.
    { id: 'notes', kind: 'joined', pattern: `${root}/*/notes/.note.gnu.build-id` },
  ],
  // Not the list of all modules: other hardware loads others, and one that came with the kernel loads when it is first
  // used. Those of the kernel's own tree are what its build-id and configuration say; the others are kernel code of
  // another origin, so a change in them needs another blessing.
  fingerprints: { kernel: ['@out-of-tree', '@built-in'] },
  forms: {
    '@out-of-tree': { name: 'foreign_modules', asks: ['proc', 'sys'], words: [root] },
    '@built-in': { name: 'built_in_modules', asks: ['proc', 'sys'], words: [root] },
  },
  ownKeys: [],
  read: (answers) => {
    const list = answers('proc');
    const sys = smallFiles(answers('sys'));
    const loaded = loadedModules(list, sys, answers('notes'));
    const silent = silence(sys, answers('notes'));
    return [
      loadableRow(list, sys, loaded),
      ...(sys.values.has(disabled) ? [{ key: '@disabled', fact: smallFact(sys, disabled) }] : []),
      summaryRow('@out-of-tree', foreignModules(loaded), list, sys),
      summaryRow('@built-in', builtIn(sys, loaded), list, sys),
      ...loaded.map((module) =>
        silent ? { key: module.name, fact: silent } : known(module.name, described(module), `${root}/${module.name}`),
      ),
      ...parameterRows(sys),
    ];
  },
};
