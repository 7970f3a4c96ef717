/** Reads a site file, or gives the embedded default. */
import { dirname, join, resolve } from 'node:path';
import { digestOf } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { parseDuration } from '../base/quantity.ts';
import { diagnose, type TSchema, validate } from '../base/schema.ts';
import { parseYaml, type YamlSource } from '../base/yaml.ts';
import type { System } from '../system/system.ts';
import { siteInvalid, siteNotFound } from './errors.ts';
import type { SiteFile } from './schema.ts';
import type { AdapterChoice, Partition, Site } from './site.ts';

/** Loads a site from its file; throws SITE_… with positions. */
export async function loadSite(system: System, file: string, schema: TSchema): Promise<Site> {
  const path = resolve(system.environment.directory, file);
  const text = await system.files.readTextIfThere(path);
  if (text === undefined)
    throw siteNotFound(`there is no site file at ${path}`, 'name the YAML file that describes the cluster');
  return readSite(text, path, schema, system.environment.variables.HOME ?? '/');
}

/** A site from the text of its file. Relative places are taken from the folder of `path`. */
export function readSite(text: string, path: string, schema: TSchema, home: string): Site {
  const hint = 'mend the places shown; docs/sites.md describes the language';
  const parsed = parseYaml(text, path);
  if ('problems' in parsed) throw siteInvalid(`${path} cannot be read`, hint, { diagnostics: parsed.problems });
  const source = parsed.ok;
  const checked = validate(schema, source.value);
  if ('problems' in checked)
    throw siteInvalid(`${path} does not describe a site`, hint, { diagnostics: diagnose(source, checked.problems) });
  const site = checked.ok as SiteFile;
  const place = (name: string): string =>
    name.startsWith('~/') ? join(home, name.slice(2)) : resolve(dirname(path), name);
  const partitions = Object.entries(site.partitions).map(([name, partition]): Partition => {
    const { time_limit, exclusive, ...rest } = partition;
    return {
      name,
      ...rest,
      timeLimitSeconds: seconds(source, ['partitions', name, 'time_limit'], time_limit ?? '1h'),
      exclusive: exclusive ?? true,
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
