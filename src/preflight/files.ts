/** What a runtime and a command find in the image's file system: a shell, mount points, accounts, rights that were lost. */
import { posix } from 'node:path';
import type { PreflightFinding, PreflightInput } from './finding.ts';

const shells: readonly string[] = ['sh', 'bash', 'dash'];
const shown = 8;

/** Mount points are made while unpacking, so they are told, not failed; a command that is a shell needs one. */
export function checkFiles({ image, wish }: PreflightInput): PreflightFinding {
  const { binSh, added, dropped } = image.holds;
  const count = (word: string): number => dropped.filter((one) => one.startsWith(`${word}:`)).length;
  const lost = ['setuid', 'capability', 'device'].flatMap((word) =>
    count(word) > 0 ? [`${count(word)} ${word === 'device' ? 'device nodes' : `${word} files`}`] : [],
  );
  const evidence = [
    binSh === undefined ? 'the image has no /bin/sh' : `/bin/sh is ${binSh}`,
    ...(added.length > 0 ? [`made in the unpacked image: ${added.join(' ')}`] : []),
    ...dropped.slice(0, shown).map((one) => `not taken along: ${one}`),
  ];
  // Where the programs were looked up, whatever shell is asked for was found or missed by its own name.
  const asks = (wish.started ? [] : (wish.commands ?? [])).find((word) => shells.includes(posix.basename(word)));
  if (asks !== undefined && binSh === undefined)
    return {
      check: 'files',
      outcome: 'will-fail',
      message: `the command ${asks} needs a shell, and the image has no /bin/sh`,
      evidence,
      hint: 'name the program itself as the command, or put a shell into the image',
    };
  const notes = [
    binSh === undefined ? 'the image has no shell, and none is asked for' : 'the image has a shell',
    ...(lost.length > 0 ? [`${lost.join(', ')} have no such rights when run without root`] : []),
  ];
  return { check: 'files', outcome: 'ok', message: notes.join('; '), evidence, hint: '' };
}
