/** Can the node run the image's files at all, and does a program from outside fit into it? */
import type { Image } from '../image/image.ts';
import { type Facts, factValue } from '../inspect/facts.ts';
import type { PreflightFinding, PreflightInput } from './finding.ts';
import { needsGlibc, needsMpi, ownPrograms } from './program.ts';

/** `uname -m` words to GOARCH words, which images are named by. A node that runs 64-bit programs is named by those. */
const machines: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  ppc64le: 'ppc64le',
  ppc64: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
  loongarch64: 'loong64',
  i686: '386',
  armv7l: 'arm',
};

/** The image's processor architecture is that of every node known, and of its own programs, whatever it says of itself. */
export function checkArchitecture({ image, facts, partition }: PreflightInput): PreflightFinding {
  const { programs } = image.needs;
  const [most] = programs;
  const evidence = [
    `image: ${image.architecture}`,
    ...programs.map(({ architecture, count, path }) => `${count} programs for ${architecture}, such as ${path}`),
  ];
  if (most && !programs.some(({ architecture }) => architecture === image.architecture))
    return {
      check: 'architecture',
      outcome: 'will-fail',
      message: `the image says it is for ${image.architecture}, and its programs are for ${most.architecture}`,
      evidence,
      hint: `build the image anew, for ${image.architecture} in fact`,
    };
  const known = facts.flatMap((node) => {
    const machine = factValue(node, 'kernel', 'machine');
    return machine === undefined ? [] : [{ node: node.node, machine, architecture: machines[machine] ?? machine }];
  });
  const other = known.find((node) => node.architecture !== image.architecture);
  if (other)
    return {
      check: 'architecture',
      outcome: 'will-fail',
      message: `the image is made for ${image.architecture}, and ${other.node} is ${other.machine}`,
      evidence: [...evidence, `${other.node}: ${other.machine}`],
      hint: `build the image for ${other.architecture}, or name a partition with ${image.architecture} nodes`,
    };
  if (known.length === 0)
    return {
      check: 'architecture',
      outcome: 'cannot-tell',
      message: `the image is made for ${image.architecture}; the processors of partition ${partition.name} are not known`,
      evidence: [...evidence, ...whyUnknown(facts, 'kernel', 'machine')],
      hint: 'take the facts of a node of this partition first',
    };
  return {
    check: 'architecture',
    outcome: 'ok',
    message: `image and nodes are ${image.architecture}`,
    evidence: [...evidence, ...known.slice(0, 4).map((node) => `${node.node}: ${node.machine}`)],
    hint: '',
  };
}

/** Only Linux images run in the runtimes of HPC systems. */
export function checkOs({ image }: PreflightInput): PreflightFinding {
  const linux = image.os === 'linux';
  return {
    check: 'os',
    outcome: linux ? 'ok' : 'will-fail',
    message: linux ? 'the image is for Linux' : `the image is for ${image.os}, and the nodes run Linux`,
    evidence: [`image: ${image.os}`],
    hint: linux ? '' : 'build the image for linux',
  };
}

/** A program brought from outside is linked with glibc, and finds no loader in an image without it. */
export function checkLibc({ image, wish }: PreflightInput): PreflightFinding {
  const { libc } = image;
  const evidence = ['unknown' in libc ? libc.unknown : `image: ${libc.family} ${libc.version ?? 'of unknown version'}`];
  const common = { check: 'libc', evidence } as const;
  if (wish.program === 'image')
    return { ...common, outcome: 'ok', message: 'the program brings its own C library, being of the image', hint: '' };
  if (!needsGlibc(wish))
    return { ...common, outcome: 'ok', message: "the suite's program needs no glibc of the image", hint: '' };
  if ('unknown' in libc)
    return {
      ...common,
      outcome: 'will-fail',
      message: `the suite's program needs glibc, and ${libc.unknown}`,
      hint: 'test this image with a program of its own',
    };
  if (libc.family === 'musl')
    return {
      ...common,
      outcome: 'will-fail',
      message: "the image has musl, and the suite's program is linked with glibc: the kernel will not find its loader",
      hint: 'test this image with a program of its own, or build it on a distribution with glibc',
    };
  return { ...common, outcome: 'ok', message: 'image and program have glibc', hint: '' };
}

/** The suite brings a build for the MPI library that is in the image. */
export function checkAbi({ image, wish, injected }: PreflightInput): PreflightFinding {
  const { mpi } = image;
  if (wish.program === 'image')
    return {
      check: 'abi',
      outcome: 'ok',
      message: 'the program is of the image',
      evidence: evidenceOf(image),
      hint: '',
    };
  const { builds } = wish.program;
  const offered = builds.length > 0 ? builds.join(', ') : 'none';
  const common = { check: 'abi', evidence: [...evidenceOf(image), `builds of the suite: ${offered}`] } as const;
  const gone = ownPrograms(wish)?.find(({ absent, namesMpi }) => absent && !namesMpi);
  if (gone)
    return {
      ...common,
      outcome: 'will-fail',
      message: `the suite has no ${gone.program.word.replace(/ of the suite$/, '')}`,
      hint: `build the suite's program for ${image.architecture}`,
    };
  if (!needsMpi(wish, new Set(injected?.map(({ soname }) => soname))))
    return { ...common, outcome: 'ok', message: "the suite's program needs no MPI of the image", hint: '' };
  if ('unknown' in mpi)
    return {
      ...common,
      outcome: 'will-fail',
      message: `the suite's program needs an MPI library: ${mpi.unknown}`,
      hint: 'put an MPI into the image, or test it with a suite that needs none',
    };
  const own = ownPrograms(wish);
  if (own && own.length > 0 && !own.some(({ absent }) => absent))
    return { ...common, outcome: 'ok', message: `the suite has a program for ${mpi.abi}`, hint: '' };
  if (!builds.includes(mpi.abi))
    return {
      ...common,
      outcome: 'will-fail',
      message: `the MPI of the image is ${mpi.abi}, and the suite has builds for ${offered}`,
      hint: `build the suite's program against ${mpi.abi} as well`,
    };
  return { ...common, outcome: 'ok', message: `the suite has a build for ${mpi.abi}`, hint: '' };
}

function evidenceOf({ mpi }: Pick<Image, 'mpi'>): readonly string[] {
  return 'unknown' in mpi ? [mpi.unknown] : [`${mpi.path} (${mpi.abi})`, ...mpi.evidence];
}

/** Why a fact is not known, node by node, as evidence. */
export function whyUnknown(facts: readonly Facts[], group: string, key: string): readonly string[] {
  if (facts.length === 0) return ['no facts of these nodes are known'];
  return facts.flatMap((node) => {
    const fact = node.groups[group]?.[key];
    if (fact && 'value' in fact) return [];
    return [`${node.node}: ${group}.${key} is unknown, ${fact ? fact.why : 'it was not asked for'}`];
  });
}
