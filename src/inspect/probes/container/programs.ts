/** Programs that stand behind the runtimes: those that run as root for a user, and those that mount and join for them. */
import { factOrNone, known, placesOf, textOf, unknown } from '../../answers.ts';
import type { NodeAnswer, NodeAsk, ProbeRow } from '../../probe.ts';

const onPath = [
  ...['newuidmap', 'newgidmap', 'fusermount3', 'fusermount', 'fuse-overlayfs', 'squashfuse', 'squashfuse_ll'],
  ...['crun', 'runc', 'conmon', 'bwrap', 'slirp4netns', 'pasta', 'podman-hpc', 'shifter'],
];
/** Where packages and `make install` put Apptainer's and Singularity's starter (INSTALL.md of Apptainer). */
const starters = ['/usr/libexec', '/usr/local/libexec', '/usr/lib', '/usr/lib64', '/opt/apptainer/libexec'].flatMap(
  (folder) => ['apptainer', 'singularity'].map((name) => `${folder}/${name}/bin/starter-suid`),
);

const asked = ['/usr/bin/newuidmap', '/usr/bin/newgidmap'];

/** Where the helpers are, and which file capabilities they have (getcap(8)). */
export const helperAsks: readonly NodeAsk[] = [
  { id: 'helpers', kind: 'programs', names: [...onPath, ...starters] },
  {
    id: 'capabilities',
    kind: 'command',
    argv: ['getcap', ...asked],
    limitSeconds: 10,
  },
  {
    id: 'subordinate',
    kind: 'command',
    argv: ['say_subordinate_ids'],
    limitSeconds: 10,
    shown: 'getsubids, or /etc/subuid and /etc/subgid',
  },
];

/** `PATH CAPS` or `PATH = CAPS` (libcap before 2.41) of getcap: capabilities by path. */
export function capabilitiesIn(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const match = /^(\/\S+)(?: =)? (cap_\S+)\s*$/.exec(line);
      return match?.[1] && match[2] ? [[match[1], match[2]]] : [];
    }),
  );
}

/** One row a helper: its path, whether it runs as its owner, its capabilities; `none` where it is not on PATH. */
export function helperRows(answer: NodeAnswer, getcap: NodeAnswer): readonly ProbeRow[] {
  const places = placesOf(answer);
  const capabilities = capabilitiesIn(textOf(getcap) ?? '');
  const row = (key: string, names: readonly string[]): ProbeRow => {
    if (answer.kind === 'unknown') return unknown(key, answer.unknown, answer.why, answer.source);
    const place = names.flatMap((name) => places.get(name) ?? [])[0];
    if (!place) return known(key, 'none', answer.source);
    // Capabilities make a program as privileged as setuid does: where they were asked and not told, nothing is known.
    if (asked.includes(place.path) && getcap.kind === 'unknown' && getcap.unknown !== 'absent')
      return unknown(key, getcap.unknown, getcap.why, getcap.source);
    const marks = [
      place.path,
      place.setuid && 'setuid',
      capabilities.get(place.path),
      !place.allowed && 'not for this user',
    ];
    return known(key, marks.filter(Boolean).join(', '), place.path);
  };
  return [...onPath.map((name) => row(`helper.${name}`, [name])), row('helper.starter-suid', starters)];
}

/** Ranges of ids that this user may map in a user namespace (subuid(5)): `100000:65536`, or `none`. */
export function subordinateRows(answer: NodeAnswer): readonly ProbeRow[] {
  return ['uid', 'gid'].map((kind) => {
    const lines = (textOf(answer) ?? '').split('\n').map((line) => line.split('\t'));
    const ranges = lines.flatMap(([key, range]) => (key === kind && range && /^\d+:\d+$/.test(range) ? [range] : []));
    const asked = lines.some(([key, word]) => key === kind && word === 'asked');
    return { key: `sub${kind}`, fact: factOrNone(answer, () => (asked ? ranges.join(' ') || 'none' : undefined)) };
  });
}
