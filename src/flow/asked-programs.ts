/** The programs that the cases of suites start, looked up where they will be: in the unpacked image, or in the suite's folder. */
import { posix } from 'node:path';
import { readElfVersions } from '../base/elf-symbols.ts';
import { messageOf } from '../base/error.ts';
import { type AskedProgram, imageRootAt, programFromOutside, programInImage, resolve } from '../image/asked-program.ts';
import type { Image } from '../image/image.ts';
import { placeholderValues } from '../launch/resolve.ts';
import type { StartedProgram } from '../preflight/finding.ts';
import type { Partition } from '../site/site.ts';
import { fillText } from '../suite/placeholder.ts';
import type { Case, Suite } from '../suite/suite.ts';
import { hasCode } from '../system/files.ts';
import type { System } from '../system/system.ts';
import type { OpenSite } from './open-site.ts';

/** The PATH of a case whose image names none, as the launch sets it. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Where runtimes put what is not of the image. */
const foreign = /^\/(?:dev|proc|sys|run|tmp|home|root)(?:\/|$)/;
/** Of a program without any library as much is searched for an MPI inside it. */
const mostBytes = 1 << 26;

/** What is looked at. `root` is the unpacked image. */
export interface AskedGround {
  readonly site: OpenSite;
  readonly partition: Partition;
  readonly image: Image;
  readonly root: string;
}

/** The programs of each suite by its name, each once. */
export async function askedPrograms(
  system: System,
  ground: AskedGround,
  suites: readonly Suite[],
): Promise<ReadonlyMap<string, readonly StartedProgram[]>> {
  const found = await Promise.all(
    suites.map(async (suite) => {
      const all = await Promise.all(suite.cases.map((item) => programOf(system, ground, suite, item)));
      const each = new Map(all.map((one) => [`${one.origin} ${one.program.word} ${one.path}`, one]));
      return [suite.name, [...each.values()]] as const;
    }),
  );
  return new Map(found);
}

async function programOf(system: System, ground: AskedGround, suite: Suite, item: Case): Promise<StartedProgram> {
  const { site, partition, image } = ground;
  const { runtime } = site;
  const [command = ''] = item.test.command;
  const values = placeholderValues({ case: item, site: site.site, partition, image, runId: '', runtime });
  const { text: word, unknown } = fillText(command, values);
  const path = item.test.environment.PATH ?? site.site.environment.PATH ?? image.environment.PATH ?? defaultPath;
  const sets = site.site.environment.PATH ?? item.test.environment.PATH;
  const common = { path, ownPath: sets !== undefined, namesMpi: command.includes('image.mpi') };
  const inSuite = word.startsWith(`${runtime.targets.suite}/`);
  const elsewhere: StartedProgram = { ...common, origin: 'image', program: nothing(word) };
  if (unknown.length > 0)
    // What a suite brings for the MPI of an image that has none is told by the ABI.
    return inSuite ? { ...common, origin: 'suite', program: nothing(word), absent: true } : elsewhere;
  if (word.startsWith(`${runtime.targets.work}/`) || foreign.test(word)) return elsewhere;
  const root = imageRootAt(system.files, ground.root);
  const search = { path, architecture: image.architecture };
  try {
    if (!inSuite) return { ...common, origin: 'image', program: await programInImage(root, word, search) };
    const name = posix.normalize(word.slice(runtime.targets.suite.length + 1));
    return { ...common, ...(await fromSuite(system, suite, name, root, image, search)) };
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'ELOOP')) throw error;
    const doubt = `${word} cannot be looked at: ${messageOf(error)}`;
    return { ...common, origin: inSuite ? 'suite' : 'image', program: { ...nothing(word), doubt } };
  }
}

function nothing(word: string): AskedProgram {
  return { word, files: [], places: [] };
}

async function fromSuite(
  system: System,
  suite: Suite,
  name: string,
  root: ReturnType<typeof imageRootAt>,
  image: Image,
  search: { readonly path: string; readonly architecture: string },
): Promise<Pick<StartedProgram, 'origin' | 'program' | 'absent' | 'versionsNeeded' | 'needed' | 'speaksMpi'>> {
  const input = suite.inputs.find(({ path }) => path === name);
  const word = `${name} of the suite`;
  if (!input) return { origin: 'suite', program: nothing(word), absent: true };
  const file = posix.join(suite.directory, name);
  const read = (at: number, length: number) => system.files.readRange(file, at, length);
  const program = await programFromOutside(root, word, read, search);
  if (!input.executable) return { origin: 'suite', program: { ...program, trouble: `${word} is not executable` } };
  const { elf } = program;
  if (!elf) return { origin: 'suite', program, needed: [], versionsNeeded: {} };
  const versions = await readElfVersions(read, elf);
  const needed: string[] = [];
  for (const soname of elf.needed) if (!(await isLink(root, soname, image))) needed.push(soname);
  return {
    origin: 'suite',
    program,
    needed,
    versionsNeeded: 'unreadable' in versions ? {} : Object.fromEntries(versions.needed),
    ...(elf.needed.length === 0 && (await holdsMpi(read)) && { speaksMpi: true }),
  };
}

/** A name that no soname of the image tells, and under which a file lies where the loader looks. */
async function isLink(root: ReturnType<typeof imageRootAt>, soname: string, image: Image): Promise<boolean> {
  if (image.libraries.some((library) => library.soname === soname && library.found)) return false;
  const triplets = ['x86_64-linux-gnu', 'aarch64-linux-gnu', 'powerpc64le-linux-gnu'];
  const directories = [
    ...('libraryPath' in image.mpi ? image.mpi.libraryPath : []),
    ...(image.environment.LD_LIBRARY_PATH ?? '').split(':'),
    ...['/lib64', '/usr/lib64', '/lib', '/usr/lib', '/usr/local/lib'],
    ...triplets.flatMap((name) => [`/lib/${name}`, `/usr/lib/${name}`]),
  ];
  for (const directory of directories)
    if (directory.startsWith('/') && (await resolve(root, posix.join(directory, soname)))?.kind === 'file') return true;
  return false;
}

/** An MPI that is linked in is not seen by what a file needs; it names the variables of its start. */
async function holdsMpi(read: (at: number, length: number) => Promise<Uint8Array>): Promise<boolean> {
  const text = Buffer.from(await read(0, mostBytes)).toString('latin1');
  return /PMI_FD|PMIX_RANK|PMIX_NAMESPACE|MPI_Init/.test(text);
}
