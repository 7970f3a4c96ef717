/** Whether a runtime can make a mount that a site declares. */
import { type HostMount, liesIn, type MountProblem } from '../site/mounts.ts';
import type { Runtime } from './adapter.ts';

/** Why the runtime cannot, or undefined: what it mounts of its own stays as it is, and each has its own limits. */
export function lintMount(runtime: Runtime, mount: HostMount): MountProblem | undefined {
  const { target } = mount;
  const own = [...runtime.occupied, runtime.targets.suite, runtime.targets.work].find(
    (path) => liesIn(path, target) || liesIn(target, path),
  );
  if (own === undefined) return runtime.refuses?.(mount);
  const how = own === target ? 'at' : liesIn(own, target) ? 'over' : 'within';
  return {
    key: 'target',
    message: `${target} is ${how} ${own}, where ${runtime.kind} mounts something of its own`,
    hint: 'show it at another path of the container',
  };
}
