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
  /** Something is there under that name, and is of no use: what needs it fails. */
  readonly spoiled?: true;
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
  /**
   * What its structure tells of its start, whatever its version: `orte`, the run-time of Open MPI before 5, is loaded with
   * it; `sees-pmix`, it looks for PMIx's variables, though it may not speak PMIx; `no-fabric`, it loads libfabric while it
   * runs, and its loader finds none; `mute`, it speaks by plugins, and has none that could be loaded. Left out where nobody looked.
   */
  readonly marks?: readonly ('orte' | 'sees-pmix' | 'no-fabric' | 'mute')[];
  /** Libraries that it needs and its loader does not find in the image; left out when there are none. */
  readonly missing?: readonly string[];
  /** What was looked at to say so. */
  readonly evidence: readonly string[];
}

/** A library in the image. */
export interface ImageLibrary {
  readonly path: string;
  readonly soname: string;
  /** Any program finds this file by its soname, without an rpath and with the image's own LD_LIBRARY_PATH. */
  readonly found?: true;
  /** Symbol versions that a found library defines (DT_VERDEF), such as `GLIBC_2.36`; left out when it defines none. */
  readonly versions?: readonly string[];
}

/** What the image's files ask of the node that runs them. */
export interface ImageNeeds {
  /** Its programs by GOARCH word (`machine N` where there is none), most first, each with one of them. */
  readonly programs: readonly { readonly architecture: string; readonly count: number; readonly path: string }[];
  /**
   * Levels of x86-64 above the first for which files are marked (GNU property notes): of the C library, which every
   * program loads, and the highest of any other program or library that is found.
   */
  readonly levels: readonly { readonly level: number; readonly path: string; readonly all: boolean }[];
  /** Oldest kernel that the C library takes (NT_GNU_ABI_TAG), as `3.2.0`. */
  readonly kernel?: { readonly version: string; readonly path: string };
  /** Libraries that programs need and their loader does not find; the first 100 programs. */
  readonly missing: readonly { readonly name: string; readonly program: string }[];
  /** The loader of a program, where none of those that are not static has a loader in the image. */
  readonly noLoader?: { readonly path: string; readonly program: string };
  /**
   * Symbol versions that `file`, loaded by `program` or that itself, needs of `library`, which does not define them: the
   * first of each of the first 100 programs. Left out when there are none.
   */
  readonly unmet?: readonly {
    readonly program: string;
    readonly file: string;
    readonly version: string;
    readonly library: string;
  }[];
}

/** One set of libraries for GPUs or fabrics, with what tells its version. */
export interface ImageToolkit {
  readonly name: 'cuda' | 'rocm' | 'libfabric' | 'ucx';
  readonly version?: string;
  readonly evidence: readonly string[];
}

/** What the image's files bring along that meets the node. */
export interface ImageHoldings {
  /** What `/bin/sh` is. */
  readonly binSh?: string;
  /** Mount points that the image lacks; they were made while it was unpacked. */
  readonly added: readonly string[];
  /** Files that lost something when they were unpacked without root, as `setuid: /usr/bin/su`; the first 100. */
  readonly dropped: readonly string[];
  readonly toolkits: readonly ImageToolkit[];
  /** Ways to fabrics that its MPI, libfabric and UCX are linked for (`verbs`, `psm2`, `cxi`, `efa`…), each with a file. */
  readonly fabrics: readonly { readonly fabric: string; readonly path: string }[];
  /** Directory of libcuda for older drivers (CUDA compatibility package), when there is one. */
  readonly cudaCompat?: string;
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
  readonly needs: ImageNeeds;
  readonly holds: ImageHoldings;
  /** What was not looked at or could not be read, each with its reason; empty when the picture is whole. */
  readonly gaps: readonly string[];
}
