/** CUDA, ROCm, libfabric and UCX in an image, and which version of each, by its files; the configuration only adds to them. */
import { posix } from 'node:path';
import type { Binaries, Binary } from '../binaries.ts';
import type { ImagePackage, ImageToolkit } from '../image.ts';
import { versionOfPackage } from '../packages.ts';
import { scanFile } from '../scan.ts';
import type { ImageTree } from '../tree.ts';

type Environment = Readonly<Record<string, string>>;

/** The toolkits of the image. */
export async function findToolkits(
  tree: ImageTree,
  binaries: Binaries,
  environment: Environment,
  labels: Readonly<Record<string, string>>,
  packages: readonly ImagePackage[],
): Promise<readonly ImageToolkit[]> {
  const found = [
    await cuda(tree, binaries.all, environment, labels, packages),
    await rocm(tree, binaries.all),
    await libfabric(tree, binaries.all),
    ucx(binaries.all, packages),
  ];
  return found.filter((toolkit) => toolkit !== undefined);
}

const version = (text: string | undefined): string | undefined => /^v?(\d+\.\d+(?:\.\d+)*)/.exec(text ?? '')?.[1];

/**
 * CUDA: the runtime library says what programs are linked with; its soname has the major version alone, its file name all.
 * `/usr/local/cuda/version.json` is NVIDIA's own note; CUDA_VERSION is set by its images and inherited by others.
 */
async function cuda(
  tree: ImageTree,
  binaries: readonly Binary[],
  environment: Environment,
  labels: Readonly<Record<string, string>>,
  packages: readonly ImagePackage[],
): Promise<ImageToolkit | undefined> {
  const runtime = binaries.find(({ elf }) => /^libcudart\.so\.\d/.test(elf.soname ?? ''));
  const note = ['/usr/local/cuda/version.json'].find((path) => tree.resolve(path)?.kind === 'file');
  const noted = note === undefined ? undefined : cudaNote(await tree.readText(note));
  const wheel = packages.find(({ name }) => /^nvidia-cuda-runtime(?:-cu\d+)?$/.test(name))?.version;
  const told: readonly (readonly [string | undefined, string])[] = [
    [noted, `${note} says ${noted}`],
    [fileVersion(runtime), `${runtime?.path} (${runtime?.elf.soname})`],
    [runtime && version(wheel), `its Python package says ${wheel}`],
    [version(environment.CUDA_VERSION), `CUDA_VERSION=${environment.CUDA_VERSION}`],
    [version(labels['com.nvidia.cuda.version']), 'the label com.nvidia.cuda.version'],
  ];
  const known = told.filter(([one]) => one !== undefined);
  const requires = environment.NVIDIA_REQUIRE_CUDA;
  const asks = requires === undefined ? [] : [`NVIDIA_REQUIRE_CUDA=${requires.slice(0, 200)}`];
  const best = known[0]?.[0];
  if (best === undefined && !runtime) return undefined;
  return {
    name: 'cuda',
    ...(best !== undefined && { version: best }),
    evidence: [...(known.length > 0 ? known.map(([, why]) => why) : [runtime?.path ?? '']), ...asks],
  };
}

/** `{"cuda": {"version": "12.4.1"}, …}` of a toolkit since 11.1. */
function cudaNote(text: string | undefined): string | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    const { cuda: noted } = (value ?? {}) as { cuda?: { version?: unknown } };
    return typeof noted?.version === 'string' ? version(noted.version) : undefined;
  } catch {
    return undefined;
  }
}

/** `12.4.127` of `libcudart.so.12.4.127`; the soname's `12` or `11.0` where the file name says no more. */
function fileVersion(binary: Binary | undefined): string | undefined {
  const from = (text: string | undefined): string | undefined => /\.so\.(\d+(?:\.\d+)*)$/.exec(text ?? '')?.[1];
  return from(binary && posix.basename(binary.path)) ?? from(binary?.elf.soname);
}

/** ROCm: the HIP runtime library, and `/opt/rocm/.info/version` (`6.1.2-119`). */
async function rocm(tree: ImageTree, binaries: readonly Binary[]): Promise<ImageToolkit | undefined> {
  const runtime = binaries.find(({ elf }) => /^libamdhip64\.so\.\d/.test(elf.soname ?? ''));
  const places = ['/opt/rocm', ...tree.children('/opt').map(({ path }) => path)];
  const note = places
    .filter((path) => /^\/opt\/rocm(?:-[0-9.]+)?$/.test(path))
    .map((path) => `${path}/.info/version`)
    .find((path) => tree.resolve(path)?.kind === 'file');
  const noted = note === undefined ? undefined : version(await tree.readText(note));
  if (!runtime && noted === undefined) return undefined;
  const said = noted ?? fileVersion(runtime);
  return {
    name: 'rocm',
    ...(said !== undefined && { version: said }),
    evidence: [...(noted === undefined ? [] : [`${note} says ${noted}`]), ...(runtime ? [runtime.path] : [])],
  };
}

/** libfabric: its version stands as a text in its data. */
async function libfabric(tree: ImageTree, binaries: readonly Binary[]): Promise<ImageToolkit | undefined> {
  const binary = binaries.find(({ elf }) => /^libfabric(?:-[0-9a-f]+)?\.so/.test(elf.soname ?? ''));
  if (!binary) return undefined;
  const { said } = await scanFile(tree, binary.path, { said: /\0(?:libfabric: )?(\d\.\d{1,2}\.\d{1,2})\0/ });
  return {
    name: 'libfabric',
    ...(said !== undefined && { version: said }),
    evidence: [`${binary.path} (${binary.elf.soname})`],
  };
}

/** UCX writes its version together from numbers while it runs: only its package tells. */
function ucx(binaries: readonly Binary[], packages: readonly ImagePackage[]): ImageToolkit | undefined {
  const binary = binaries.find(({ elf }) => /^libucp(?:-[0-9a-f]+)?\.so/.test(elf.soname ?? ''));
  if (!binary) return undefined;
  const said = version(versionOfPackage(packages, /^(?:lib)?ucx\d*$/));
  return {
    name: 'ucx',
    ...(said !== undefined && { version: said }),
    evidence: [`${binary.path} (${binary.elf.soname})`],
  };
}
