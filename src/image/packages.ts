/** Installed packages, from the databases of dpkg and apk and the metadata of Python distributions. */
import type { ImagePackage } from './image.ts';
import type { ImageTree } from './tree.ts';

/** The packages, and what could not be read of them. */
export interface PackageList {
  readonly packages: readonly ImagePackage[];
  readonly gaps: readonly string[];
}

/** rpm keeps a binary database (SQLite, NDB or Berkeley DB), which is not read. */
const rpmDatabases = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm'].flatMap((directory) =>
  ['rpmdb.sqlite', 'Packages.db', 'Packages'].map((name) => `${directory}/${name}`),
);

/** All packages of the tree, sorted by manager, name and version. */
export async function findPackages(tree: ImageTree): Promise<PackageList> {
  const dpkgFiles = ['/var/lib/dpkg/status', ...tree.children('/var/lib/dpkg/status.d').map((entry) => entry.path)];
  const packages: ImagePackage[] = [];
  for (const path of dpkgFiles)
    if (!path.endsWith('.md5sums')) packages.push(...readDpkgStatus((await tree.readText(path)) ?? ''));
  for (const path of ['/lib/apk/db/installed', '/usr/lib/apk/db/installed'])
    packages.push(...readApkInstalled((await tree.readText(path)) ?? ''));
  for (const entry of tree.entries)
    if (/\.(?:dist-info\/METADATA|egg-info\/PKG-INFO)$/.test(entry.path) && entry.kind === 'file')
      packages.push(...readPythonMetadata(await headOf(tree, entry.path)));
  const rpm = rpmDatabases.find((path) => tree.resolve(path)?.kind === 'file');
  return {
    packages: sorted(packages),
    gaps: rpm === undefined ? [] : [`the packages of rpm are not known: ${rpm} is not read`],
  };
}

/** Metadata ends with a long description; name and version are in the first lines. */
async function headOf(tree: ImageTree, path: string): Promise<string> {
  return new TextDecoder().decode(await tree.read(path, 0, 4096));
}

function sorted(packages: readonly ImagePackage[]): readonly ImagePackage[] {
  const keyed = new Map(packages.map((item) => [`${item.manager}\0${item.name}\0${item.version}`, item]));
  return [...keyed.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

/** Installed packages of a dpkg status file (deb-control(5), dpkg-query(1)); half-installed and removed ones are not. */
export function readDpkgStatus(text: string): readonly ImagePackage[] {
  return text.split(/\n\n+/).flatMap((paragraph): readonly ImagePackage[] => {
    const name = field(paragraph, 'Package');
    const version = field(paragraph, 'Version');
    const status = field(paragraph, 'Status');
    // Distroless images leave Status out: what is listed there is installed.
    const installed = status === undefined || status.endsWith(' installed');
    return name && version && installed ? [{ manager: 'dpkg', name, version }] : [];
  });
}

/** Packages of apk's database (apk-tools, apk-installed(5)): `P:` name, `V:` version, an empty line between two. */
export function readApkInstalled(text: string): readonly ImagePackage[] {
  return text.split(/\n\n+/).flatMap((paragraph): readonly ImagePackage[] => {
    const name = field(paragraph, 'P');
    const version = field(paragraph, 'V');
    return name && version ? [{ manager: 'apk', name, version }] : [];
  });
}

/** A Python distribution's METADATA or PKG-INFO (PyPA core metadata). */
export function readPythonMetadata(text: string): readonly ImagePackage[] {
  const head = text.split(/\r?\n\r?\n/)[0] ?? '';
  const name = field(head, 'Name');
  const version = field(head, 'Version');
  return name && version ? [{ manager: 'python', name, version }] : [];
}

function field(paragraph: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.+)$`, 'm').exec(paragraph)?.[1]?.trim();
}

/** The version of the package of this image that a pattern names, such as the one an MPI came with. */
export function versionOfPackage(packages: readonly ImagePackage[], name: RegExp): string | undefined {
  return packages.find((item) => name.test(item.name))?.version;
}
