/** What this user can really do without privileges: namespaces and mounts, tried and not concluded from settings. */
import { factFrom, known, textOf, unknown } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, NodeAsk, ProbeRow } from '../../probe.ts';

const mounts = ['tmpfs', 'overlay', 'fuse'] as const;

/** The trials, each with its limit: a mount may hang as anything may. */
export const trialAsks: readonly NodeAsk[] = [
  { id: 'userns', kind: 'command', argv: ['unshare', '-U', 'true'], limitSeconds: 20 },
  {
    id: 'mounts',
    kind: 'command',
    argv: ['try_mounts'],
    limitSeconds: 10,
    shown: 'unshare -rm, then mount -t tmpfs, overlay, fuse',
  },
  {
    id: 'squashfuse',
    kind: 'command',
    argv: ['try_squashfuse'],
    limitSeconds: 10,
    shown: 'unshare -rmpf, then squashfuse',
  },
];

/** Words of a refusal without the place where it was tried, which is another on every node. */
function placeless(said: string): string {
  return said
    .replaceAll(/\S*\/\.assay-[^\s/]+/g, '')
    .trim()
    .slice(0, 200);
}

/** The last thing a command said, for a refusal. */
function words(answer: NodeAnswer): string {
  return placeless((textOf(answer) ?? '').trimEnd().split('\n').at(-1) ?? '');
}

/** A program that ran and failed was refused; one that is not there (127, as a shell says) proves nothing. */
function refusal(answer: NodeAnswer): Fact | undefined {
  if (answer.kind === 'unknown') return { unknown: answer.unknown, why: answer.why, source: answer.source };
  if (answer.status === 0) return undefined;
  if (answer.status === 127)
    return { unknown: 'absent', why: words(answer) || 'no unshare on PATH', source: answer.source };
  return { value: `refused: ${words(answer)}`, source: answer.source };
}

/** `unshare -U true` either works for this user or says why not. */
export function userNamespaces(answer: NodeAnswer): Fact {
  return refusal(answer) ?? { value: 'work', source: answer.source };
}

/** Lines `KEY<TAB>WORDS` of a trial. */
function saidLines(answer: NodeAnswer): ReadonlyMap<string, string> {
  return new Map(
    (textOf(answer) ?? '').split('\n').flatMap((line): [string, string][] => {
      const [key, said] = line.split('\t', 2);
      return key && said && /^[a-z]+$/.test(key) ? [[key, placeless(said)]] : [];
    }),
  );
}

/** Whether /dev/fuse may be opened, and one row a kind of mount: `work`, or `refused:` with the words; nothing is tried where the first is refused. */
export function mountRows(answer: NodeAnswer): readonly ProbeRow[] {
  const said = saidLines(answer);
  const device = said.get('device');
  const fuse = device
    ? known('fuse-device', device, '/dev/fuse')
    : { key: 'fuse-device', fact: factFrom(answer, () => undefined) };
  const rows = mounts.map((kind): ProbeRow => {
    const key = `mount.${kind}`;
    const value = said.get(kind);
    if (value !== undefined) return known(key, value, answer.source);
    const refused = refusal(answer);
    if (refused) return { key, fact: refused };
    const tmpfs = said.get('tmpfs');
    return tmpfs === undefined
      ? { key, fact: factFrom(answer, () => undefined) }
      : unknown(key, 'absent', `not tried: tmpfs was ${tmpfs}`, answer.source);
  });
  return [fuse, ...rows];
}

/** SquashFS through FUSE: `work`, refused, or `none` without the program. In a user namespace the kernel's own is never to be had. */
export function squashfuseRow(answer: NodeAnswer): ProbeRow {
  const key = 'mount.squashfuse';
  const said = saidLines(answer).get('squashfuse');
  if (said === 'works') return known(key, 'work', answer.source);
  if (answer.kind === 'content' && answer.status === 127 && words(answer) === '') return known(key, 'none', 'PATH');
  return { key, fact: refusal(answer) ?? factFrom(answer, () => undefined) };
}
