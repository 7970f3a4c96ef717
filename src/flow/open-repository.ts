/** Where an image name points: a repository of a registry with the site's settings, or a layout on disk. */
import { resolve } from 'node:path';
import type { ImageRef } from '../base/image-ref.ts';
import { layoutRepository } from '../oci/layout.ts';
import type { Repository } from '../oci/registry.ts';
import { registryRepository } from '../oci/registry-client.ts';
import type { RegistrySettings } from '../site/site.ts';
import type { System } from '../system/system.ts';

/** Opens the repository of an image name. */
export function openRepository(
  system: System,
  ref: ImageRef,
  registries: Readonly<Record<string, RegistrySettings>>,
): Repository {
  if (ref.kind === 'layout') return layoutRepository(system, resolve(system.environment.directory, ref.path));
  const settings = registries[ref.registry] ?? {};
  return registryRepository(system, ref.registry, ref.repository, {
    ...(settings.ca && { caFile: settings.ca }),
    ...(settings.credentials && { authFile: settings.credentials }),
    ...(settings.insecure && { insecure: true }),
  });
}

/** What a name asks a repository for: the digest when it has one, else the tag; empty for a layout's only image. */
export function referenceOf(ref: ImageRef): string {
  return ref.digest ?? ref.tag ?? '';
}
