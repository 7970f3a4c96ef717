/**
 * What an image means: its configuration, the MPI inside, its C library, libraries and packages.
 * In: manifest, configuration and a lister of the unpacked tree or layers. Out: an Image. It never runs anything of it.
 */
import type { Digest } from '../base/digest.ts';

/** One layer as the manifest names it (compressed) and as the configuration does (diff id, uncompressed). */
export interface ImageLayer {
  readonly digest: Digest;
  readonly size: number;
  readonly diffId?: Digest;
}

/** Something that could not be told about an image, with the reason. */
export interface Untold {
  readonly unknown: string;
}

/** The MPI that the image's own applications are linked with. */
export interface ImageMpi {
  /** `openmpi`, `mpich`, `intel`, `mpi-abi` … by the symbols the library defines, not by its name. */
  readonly family: 'openmpi' | 'mpich' | 'intel' | 'cray' | 'mvapich2' | 'unknown';
  /** DT_SONAME, such as `libmpi.so.40`: the ABI that a program bound in from outside must have. */
  readonly abi: string;
  /** Path of the library inside the image. */
  readonly path: string;
  /** Directories that a program bound in from outside must search to find it and what it needs; often none. */
  readonly libraryPath: readonly string[];
  /** Version as the library's own strings or its package tell; absent when stripped. */
  readonly version?: string;
  /** Process-management interfaces that the library can speak, by its symbols and plugins. */
  readonly pmi: readonly ('pmix' | 'pmi2' | 'pmi1')[];
  /** What was looked at to say so. */
  readonly evidence: readonly string[];
}

/** A library in the image. */
export interface ImageLibrary {
  readonly path: string;
  readonly soname: string;
}

/** An installed package, from dpkg's, apk's or rpm's database or Python metadata. */
export interface ImagePackage {
  readonly manager: 'dpkg' | 'apk' | 'rpm' | 'python';
  readonly name: string;
  readonly version: string;
}

/** One platform's image. */
export interface Image {
  /** Name as asked for, with tag and registry. */
  readonly name: string;
  /** Digest of the platform's manifest: what runs, is judged and attested. */
  readonly digest: Digest;
  /** Digest that the tag named: the index's, when the tag names one, else the manifest's. */
  readonly resolved: Digest;
  readonly mediaType: string;
  readonly config: Digest;
  /** GOARCH and GOOS words, as in the OCI image configuration. */
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly layers: readonly ImageLayer[];
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mpi: ImageMpi | Untold;
  readonly libc: { readonly family: 'glibc' | 'musl'; readonly version?: string } | Untold;
  readonly libraries: readonly ImageLibrary[];
  readonly packages: readonly ImagePackage[];
  /** What was not looked at or could not be read, each with its reason; empty when the picture is whole. */
  readonly gaps: readonly string[];
}
