/** What the kernel does about the flaws of its processor, and which live patches change its code. */
import { known, type SmallFiles, smallFact, unknown } from '../../answers.ts';
import type { ProbeRow, ShellForm } from '../../probe.ts';

const flaws = '/sys/devices/system/cpu/vulnerabilities';
const patches = '/sys/kernel/livepatch';
const proof = '/sys/kernel';

/** The files that the rows below read. `/sys/kernel` proves that /sys is there. */
export const mitigationPatterns: readonly string[] = [proof, `${flaws}/*`, patches, `${patches}/*/enabled`];

/** The reason why a folder below /sys shows nothing, or `none` where /sys itself can be seen. */
function nothingAt(files: SmallFiles, key: string, path: string): ProbeRow {
  const denied = files.denied.some((place) => place.startsWith(path));
  if (denied) return unknown(key, 'denied', `${path} may not be read by this user`, path);
  if (files.directories.includes(proof)) return known(key, 'none', path);
  return { key, fact: smallFact(files, path) };
}

/**
 * One row a flaw (`vulnerability.spectre_v2`), and all of them in one line, in order of their names: the line that the
 * fingerprint holds. Words are the kernel's (Documentation/ABI/testing/sysfs-devices-system-cpu).
 */
export function mitigationRows(files: SmallFiles): readonly ProbeRow[] {
  const found = [...files.values]
    .filter(([path]) => path.startsWith(`${flaws}/`))
    .map(([path, value]) => [path.slice(flaws.length + 1), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (found.length === 0) return [nothingAt(files, 'mitigations', flaws)];
  // A file that is there but fails to be read would make two different nodes look equal.
  const lost = [...files.empty, ...files.denied].find((path) => path.startsWith(`${flaws}/`));
  return [
    lost === undefined
      ? known('mitigations', found.map(([name, value]) => `${name}: ${value}`).join(' | '), flaws)
      : { key: 'mitigations', fact: smallFact({ ...files, values: new Map() }, lost) },
    ...found.map(([name, value]) => known(`vulnerability.${name}`, value, `${flaws}/${name}`)),
  ];
}

/** Live patches with whether each is in force: `livepatch_2024 enabled`; `none` where there is none. */
export function livepatchRow(files: SmallFiles): ProbeRow {
  const found = [...files.values].flatMap(([path, value]) => {
    const name = path.startsWith(`${patches}/`)
      ? /^([^/]+)\/enabled$/.exec(path.slice(patches.length + 1))?.[1]
      : undefined;
    return name ? [`${name} ${value === '1' ? 'enabled' : 'disabled'}`] : [];
  });
  return found.length > 0
    ? known('livepatches', found.sort().join('; '), patches)
    : nothingAt(files, 'livepatches', patches);
}

/** How a node's shell makes both lines. */
export const mitigationForms: Readonly<Record<string, ShellForm>> = {
  mitigations: { name: 'mitigations', asks: ['sys'], words: [flaws, proof] },
  livepatches: { name: 'livepatches', asks: ['sys'], words: [patches, proof] },
};
