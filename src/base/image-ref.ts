/** Names of images: `registry/repository[:tag][@digest]`, or an OCI layout on disk: `oci:PATH[:tag]`. */
import { type Digest, isDigest } from './digest.ts';
import { defineError } from './error.ts';

/** A parsed image name. `layout` is a directory in the OCI image-layout form. */
export type ImageRef =
  | {
      readonly kind: 'registry';
      readonly registry: string;
      readonly repository: string;
      readonly tag?: string;
      readonly digest?: Digest;
    }
  | { readonly kind: 'layout'; readonly path: string; readonly tag?: string; readonly digest?: Digest };

export const imageNameInvalid = defineError(
  'IMAGE_NAME_INVALID',
  'declaration',
  'The name of an image cannot be read.',
);

// distribution-spec v1.1, "Pulling manifests": the patterns of <name> and <reference>.
const repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const registryPattern = /^(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;

const shape = 'write REGISTRY/REPOSITORY:TAG, REGISTRY/REPOSITORY@sha256:…, or oci:DIRECTORY[:TAG]';

/** Reads an image name; throws IMAGE_NAME_INVALID. A registry must be named: there is no default one. */
export function parseImageRef(text: string): ImageRef {
  const [name, digest] = splitDigest(text);
  if (name.startsWith('oci:'))
    return { kind: 'layout', ...splitLayout(name.slice(4), text), ...(digest && { digest }) };
  const slash = name.indexOf('/');
  const registry = slash < 0 ? '' : name.slice(0, slash);
  if (!registryPattern.test(registry) || !(/[.:]/.test(registry) || registry === 'localhost'))
    throw imageNameInvalid(`the image name "${text}" does not begin with a registry`, shape);
  const rest = name.slice(slash + 1);
  const colon = rest.lastIndexOf(':');
  const repository = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (!repositoryPattern.test(repository))
    throw imageNameInvalid(`"${repository}" is not a repository name (lower case, digits, . _ - /)`, shape);
  if (tag !== undefined && !tagPattern.test(tag)) throw imageNameInvalid(`"${tag}" is not a tag`, shape);
  if (tag === undefined && digest === undefined)
    throw imageNameInvalid(`the image name "${text}" has neither tag nor digest`, shape);
  return { kind: 'registry', registry, repository, ...(tag && { tag }), ...(digest && { digest }) };
}

function splitDigest(text: string): [string, Digest | undefined] {
  const at = text.lastIndexOf('@');
  if (at < 0) return [text, undefined];
  const digest = text.slice(at + 1);
  if (!isDigest(digest)) throw imageNameInvalid(`"${digest}" is not a sha256 digest`, shape);
  return [text.slice(0, at), digest];
}

function splitLayout(rest: string, text: string): { path: string; tag?: string } {
  const colon = rest.lastIndexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  if (path === '') throw imageNameInvalid(`the image name "${text}" has no directory`, shape);
  return colon < 0 ? { path } : { path, tag: rest.slice(colon + 1) };
}

/** The name as `parseImageRef` reads it. */
export function showImageRef(ref: ImageRef): string {
  const tag = ref.tag ? `:${ref.tag}` : '';
  const digest = ref.digest ? `@${ref.digest}` : '';
  return ref.kind === 'layout' ? `oci:${ref.path}${tag}${digest}` : `${ref.registry}/${ref.repository}${tag}${digest}`;
}
