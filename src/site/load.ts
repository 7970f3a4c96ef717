/** Reads a site file, or gives the embedded default. */
import { dirname, join, resolve } from 'node:path';
import { digestOf } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { parseDuration } from '../base/quantity.ts';
import { diagnose, type TSchema, validate } from '../base/schema.ts';
import { parseYaml, type YamlSource } from '../base/yaml.ts';
import type { System } from '../system/system.ts';
import { siteInvalid, siteNotFound } from './errors.ts';
import { type HostMount, type MountProblem, readMounts } from './mounts.ts';
import type { SiteFile } from './schema.ts';
import type { AdapterChoice, Partition, Site } from './site.ts';

/** What sites are loaded with: the schema with every option of every adapter, and what runtimes cannot mount. */
export interface SiteLanguage {
  readonly schema: TSchema;
  /** Why a runtime, named by its kind, cannot make a mount. */
  readonly lintMount: (runtime: string, mount: HostMount) => MountProblem | undefined;
}

/** Loads a site from its file; throws SITE_… with positions. */
export async function loadSite(system: System, file: string, language: SiteLanguage): Promise<Site> {
  const path = resolve(system.environment.directory, file);
  const text = await system.files.readTextIfThere(path);
  if (text === undefined)
    throw siteNotFound(`there is no site file at ${path}`, 'name the YAML file that describes the cluster');
  return readSite(text, path, language, system.environment.variables.HOME ?? '/');
}

/** A site from the text of its file. Relative places are taken from the folder of `path`. */
export function readSite(text: string, path: string, language: SiteLanguage, home: string): Site {
  const hint = 'mend the places shown; docs/sites.md describes the language';
  const parsed = parseYaml(text, path);
  if ('problems' in parsed) throw siteInvalid(`${path} cannot be read`, hint, { diagnostics: parsed.problems });
  const source = parsed.ok;
  const checked = validate(language.schema, source.value);
  if ('problems' in checked)
    throw siteInvalid(`${path} does not describe a site`, hint, { diagnostics: diagnose(source, checked.problems) });
  const site = checked.ok as SiteFile;
  const place = (name: string): string =>
    name.startsWith('~/') ? join(home, name.slice(2)) : resolve(dirname(path), name);
  const mounts = mountsOf(source, site, (mount) => language.lintMount((site.runtime as AdapterChoice).kind, mount));
  const partitions = Object.entries(site.partitions).map(([name, partition]): Partition => {
    const { time_limit, exclusive, ...rest } = partition;
    return {
      name,
      ...rest,
      timeLimitSeconds: seconds(source, ['partitions', name, 'time_limit'], time_limit ?? '1h'),
      exclusive: exclusive ?? true,
      mounts: mounts.get(name) ?? [],
    } as Partition;
  });
  const defaultPartition = site.default_partition ?? partitions[0]?.name ?? '';
  if (!partitions.some((partition) => partition.name === defaultPartition)) {
    const at = source.locate(['default_partition']);
    const message = `"${defaultPartition}" is no partition of this site`;
    throw siteInvalid(message, hint, { diagnostics: [{ severity: 'error', message, at }] });
  }
  return {
    name: site.site,
    file: path,
    digest: digestOf(text),
    scheduler: site.scheduler as AdapterChoice,
    launcher: site.launcher as AdapterChoice,
    runtime: site.runtime as AdapterChoice,
    partitions,
    defaultPartition,
    directories: {
      runs: place(site.directories.runs),
      images: place(site.directories.images),
      store: place(site.directories.store),
      blessings: site.directories.blessings
        ? place(site.directories.blessings)
        : join(dirname(place(site.directories.store)), 'blessings'),
    },
    registries: Object.fromEntries(
      Object.entries(site.registries ?? {}).map(([name, registry]) => [
        name,
        {
          ...registry,
          ...(registry.ca && { ca: place(registry.ca) }),
          ...(registry.credentials && { credentials: place(registry.credentials) }),
        },
      ]),
    ) as Site['registries'],
    environment: site.environment ?? {},
    path: site.path ?? '/usr/local/bin:/usr/bin:/bin',
    waitAtMostSeconds: seconds(source, ['wait_at_most'], site.wait_at_most ?? '1h'),
    onHold: site.on_hold ?? 'leave',
    onInterrupt: site.on_interrupt ?? 'cancel',
  };
}

/** The mounts of every partition by its name: the site's, then its own. */
function mountsOf(
  source: YamlSource,
  site: SiteFile,
  lint: (mount: HostMount) => MountProblem | undefined,
): ReadonlyMap<string, readonly HostMount[]> {
  const shared = readMounts(source, ['mounts'], site.mounts ?? [], [], lint);
  const own = Object.entries(site.partitions).map(([name, partition]) => {
    const pointer = ['partitions', name, 'mounts'];
    return { name, ...readMounts(source, pointer, partition.mounts ?? [], shared.mounts, lint) };
  });
  const diagnostics = [...shared.problems, ...own.flatMap(({ problems }) => problems)];
  if (diagnostics.length > 0)
    throw siteInvalid(`${source.file} declares mounts that cannot be made`, 'mend the places shown', { diagnostics });
  return new Map(own.map(({ name, mounts }) => [name, mounts]));
}

function seconds(source: YamlSource, pointer: readonly string[], text: string | number): number {
  try {
    return parseDuration(text);
  } catch (error) {
    const message = messageOf(error);
    throw siteInvalid(message, 'write a number and s, min or h, such as 10min', {
      diagnostics: [{ severity: 'error', message, at: source.locate(pointer) }],
    });
  }
}
