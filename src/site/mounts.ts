/** Mounts that a site declares: paths of the host that its containers see. Read here, with the place of what is wrong. */
import { posix } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Pointer, YamlSource } from '../base/yaml.ts';

/** A path of the host, a file or a folder, and the absolute path at which containers see it. Both without `..`. */
export interface HostMount {
  readonly source: string;
  readonly target: string;
  /** The container may not write there; left out where it may. */
  readonly readOnly?: true;
}

/** Why a mount cannot be made, at which of its keys. */
export interface MountProblem {
  readonly key: 'source' | 'target' | 'read_only';
  readonly message: string;
  readonly hint: string;
}

/** What a runtime has to say against a mount: asked for each that is sound in itself. */
export type MountLint = (mount: HostMount) => MountProblem | undefined;

/** A mount as a site file has it. */
interface WrittenMount {
  readonly source: string;
  readonly target: string;
  readonly read_only?: boolean;
}

/**
 * The mounts of one list of a site file together with those `before` it, sorted by target so that what lies in another
 * mount comes after it; and what is wrong in the list, with positions.
 */
export function readMounts(
  file: YamlSource,
  pointer: Pointer,
  written: readonly WrittenMount[],
  before: readonly HostMount[],
  lint: MountLint,
): { readonly mounts: readonly HostMount[]; readonly problems: readonly Diagnostic[] } {
  const mounts = [...before];
  const problems: Diagnostic[] = [];
  for (const [index, { source, target, read_only }] of written.entries()) {
    const mount: HostMount = {
      source: plain(source),
      target: plain(target),
      ...(read_only === true && { readOnly: true }),
    };
    const problem = unsound(source, target) ?? taken(mount, mounts) ?? lint(mount);
    if (problem) {
      const { key, message, hint } = problem;
      problems.push({ severity: 'error', message, hint, at: file.locate([...pointer, index, key]) });
    } else mounts.push(mount);
  }
  return { mounts: mounts.sort((a, b) => (a.target < b.target ? -1 : 1)), problems };
}

/** Without `.`, doubled slashes and one at the end. */
function plain(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, '');
}

/** True when `path` is `folder` or lies in it. Both are plain. */
export function liesIn(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

function unsound(source: string, target: string): MountProblem | undefined {
  for (const [key, path, where] of [
    ['source', source, 'of the nodes'],
    ['target', target, 'in the container'],
  ] as const) {
    if (!path.startsWith('/'))
      return { key, message: `"${path}" is no absolute path`, hint: `write the whole path ${where}, from / on` };
    if (/[\u0000-\u001f\u007f]/.test(path))
      return { key, message: 'the path holds a control character', hint: 'name a path of one line' };
  }
  if (target.split('/').includes('..'))
    return {
      key: 'target',
      message: `"${target}" leads out of the folder it names`,
      hint: 'write the path in the container without ..',
    };
  if (plain(target) === '/')
    return { key: 'target', message: 'the target is the whole image', hint: 'name a path below /' };
  return undefined;
}

function taken({ target }: HostMount, mounts: readonly HostMount[]): MountProblem | undefined {
  const other = mounts.find((mount) => mount.target === target);
  return (
    other && {
      key: 'target',
      message: `at ${target} ${other.source} is mounted already`,
      hint: 'one path of the container shows one path of the host: take one of the two away',
    }
  );
}
