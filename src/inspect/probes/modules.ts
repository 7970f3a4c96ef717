/** Loaded kernel modules, one row each: version and source version where the module states them. */
import { known, smallFact, smallFiles, textOf } from '../answers.ts';
import type { Probe, ProbeRow } from '../probe.ts';

/** Names in /proc/modules (proc_modules(5)): the first word of each line. */
export function moduleNames(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.split(' ', 1)[0] ?? '')
    .filter((name) => name !== '')
    .sort();
}

/** Of each module in /sys/module: its stated version, source version and taint letters. */
function described(values: ReadonlyMap<string, string>, name: string): string {
  const of = (file: string): string | undefined => values.get(`/sys/module/${name}/${file}`);
  const parts = [
    ['version', of('version')],
    ['srcversion', of('srcversion')],
    ['taint', of('taint')],
  ];
  const said = parts.filter(([, value]) => value).map(([word, value]) => `${word}=${value}`);
  return said.length > 0 ? said.join(' ') : 'loaded';
}

export const modules: Probe = {
  name: 'modules',
  asks: [
    { id: 'proc', kind: 'file', path: '/proc/modules' },
    {
      id: 'sys',
      kind: 'small',
      patterns: [
        '/sys/module/*/initstate',
        '/sys/module/*/version',
        '/sys/module/*/srcversion',
        '/sys/module/*/taint',
        '/proc/sys/kernel/modules_disabled',
      ],
    },
  ],
  fingerprints: {},
  ownKeys: [],
  read: (answers) => {
    const list = answers('proc');
    const sys = smallFiles(answers('sys'));
    // A kernel without loadable modules has no /proc/modules; /sys/module then holds built-in ones only.
    const text = textOf(list);
    const loaded =
      text === undefined
        ? [...sys.values.keys()]
            .map((path) => /^\/sys\/module\/([^/]+)\/initstate$/.exec(path)?.[1] ?? '')
            .filter(Boolean)
        : moduleNames(text);
    const rows: ProbeRow[] = [];
    if (list.kind === 'content') rows.push(known('@loadable', 'yes', list.source));
    else if (list.unknown === 'absent' && !sys.missing)
      rows.push(known('@loadable', loaded.length > 0 ? 'yes' : 'no', list.source));
    else rows.push({ key: '@loadable', fact: { unknown: list.unknown, why: list.why, source: list.source } });
    if (sys.values.has('/proc/sys/kernel/modules_disabled'))
      rows.push({ key: '@disabled', fact: smallFact(sys, '/proc/sys/kernel/modules_disabled') });
    for (const name of loaded) rows.push(known(name, described(sys.values, name), `/sys/module/${name}`));
    return rows;
  },
};
