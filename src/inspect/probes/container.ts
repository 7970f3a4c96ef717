/** What this node offers to run containers with, as the user that asks: runtimes on PATH and user namespaces. */
import { factOrNone, firstLine, smallFact, smallFiles } from '../answers.ts';
import type { Fact } from '../facts.ts';
import type { NodeAnswer, Probe } from '../probe.ts';

/** The first thing in a text that looks like a version: `ch-run 0.31`, `podman version 4.3.1`, `apptainer version 1.3.0-1`. */
export function versionIn(text: string): string | undefined {
  return /\b\d+\.\d+[\w.+~-]*/.exec(text)?.[0];
}

/** Tried, not concluded from settings: `unshare -U true` either works for this user or says why not. */
function userNamespaces(answer: NodeAnswer): Fact {
  if (answer.kind === 'content') {
    if (answer.status === 0) return { value: 'work', source: answer.source };
    const said = firstLine(Buffer.from(answer.bytes).toString('utf8')) ?? '';
    return { value: `refused: ${said.slice(0, 200)}`, source: answer.source };
  }
  return { unknown: answer.unknown, why: answer.why, source: answer.source };
}

const settings = [
  ['max-user-namespaces', '/proc/sys/user/max_user_namespaces'],
  ['unprivileged-userns-clone', '/proc/sys/kernel/unprivileged_userns_clone'],
  ['apparmor-restrict-userns', '/proc/sys/kernel/apparmor_restrict_unprivileged_userns'],
] as const;

const runtimes = [
  ['charliecloud', 'ch-run'],
  ['podman', 'podman'],
  ['apptainer', 'apptainer'],
] as const;

export const container: Probe = {
  name: 'container',
  asks: [
    { id: 'sys', kind: 'small', patterns: settings.map(([, path]) => path) },
    { id: 'userns', kind: 'command', argv: ['unshare', '-U', 'true'], limitSeconds: 3 },
    ...runtimes.map(([id, program]) => ({
      id,
      kind: 'command' as const,
      argv: [program, '--version'] as const,
      limitSeconds: 5,
    })),
  ],
  fingerprints: {},
  ownKeys: [],
  read: (answers) => {
    const sys = smallFiles(answers('sys'));
    return [
      { key: 'user-namespaces', fact: userNamespaces(answers('userns')) },
      ...settings.map(([key, path]) => ({ key, fact: smallFact(sys, path) })),
      ...runtimes.map(([id]) => ({ key: id, fact: factOrNone(answers(id), versionIn) })),
    ];
  },
};
