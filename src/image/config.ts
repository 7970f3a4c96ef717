/** The OCI image configuration (image-spec v1.1 config.md), read leniently: `null` is as good as a member left out. */
import { type Digest, isDigest } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { type TSchema, Type, validate } from '../base/schema.ts';
import { imageConfigInvalid } from './errors.ts';

const orNull = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
const words = orNull(Type.Array(Type.String()));

const schema = Type.Object({
  architecture: Type.String({ minLength: 1 }),
  os: Type.String({ minLength: 1 }),
  variant: orNull(Type.String()),
  config: orNull(
    Type.Object({
      Env: words,
      Entrypoint: words,
      Cmd: words,
      WorkingDir: orNull(Type.String()),
      Labels: orNull(Type.Record(Type.String(), Type.String())),
    }),
  ),
  rootfs: Type.Object({ diff_ids: Type.Array(Type.String()) }),
});

/** Words that builders write for GOARCH's own (containerd's platforms, `database.go`), by machine names of the kernel. */
const aliases: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
  i486: '386',
  i586: '386',
  i686: '386',
  armhf: 'arm',
  armel: 'arm',
  powerpc64le: 'ppc64le',
  loongarch64: 'loong64',
};

/** What an image configuration says, with every default filled in. */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Digests of the uncompressed layers, lowest first. */
  readonly diffIds: readonly Digest[];
}

/** Reads a configuration; `name` is the image's, for messages. Throws IMAGE_CONFIG_INVALID. */
export function readImageConfig(bytes: Uint8Array | string, name: string): ImageConfig {
  const checked = validate(schema, parseJson(bytes, name));
  if ('problems' in checked) {
    const problem = checked.problems[0];
    throw imageConfigInvalid(
      `the configuration of ${name} does not fit the OCI image-spec: ${problem?.message ?? ''}`,
      'build the image again with a tool that writes OCI or Docker v2 images',
    );
  }
  const { architecture, os, variant, config, rootfs } = checked.ok;
  const strange = rootfs.diff_ids.find((id) => !isDigest(id));
  if (strange !== undefined)
    throw imageConfigInvalid(
      `the configuration of ${name} names the layer "${strange}", which is no sha256 digest`,
      'build the image again with sha256 digests; Assay reads no others',
    );
  return {
    architecture: aliases[architecture.toLowerCase()] ?? architecture,
    os: os.toLowerCase(),
    ...(variant && { variant }),
    environment: environmentOf(config?.Env ?? []),
    entrypoint: config?.Entrypoint ?? [],
    command: config?.Cmd ?? [],
    workingDirectory: config?.WorkingDir || '/',
    labels: config?.Labels ?? {},
    diffIds: rootfs.diff_ids.filter(isDigest),
  };
}

function parseJson(bytes: Uint8Array | string, name: string): unknown {
  try {
    return JSON.parse(typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw imageConfigInvalid(
      `the configuration of ${name} is no JSON: ${messageOf(error)}`,
      'name an image: a manifest of something else (an attestation, a chart) has no such configuration',
    );
  }
}

/** `NAME=value` words as a record. The last of several wins, as in every runtime; a word without `=` names nothing. */
function environmentOf(list: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    list.flatMap((word) => {
      const equals = word.indexOf('=');
      return equals > 0 ? [[word.slice(0, equals), word.slice(equals + 1)]] : [];
    }),
  );
}
