/** What the tools of MPI implementations say of themselves: ompi_info(1), mpichversion, mpirun, pmix_info(1). */

/** `key:more:value` lines of ompi_info and pmix_info, first value of a key, quotes taken off. */
function parsable(text: string, key: string): string | undefined {
  const line = text.split('\n').find((one) => one.trim().startsWith(`${key}:`));
  return line
    ?.trim()
    .slice(key.length + 1)
    .replace(/^"(.*)"$/, '$1')
    .trim();
}

/** Components of a framework, `mca:FRAMEWORK:COMPONENT:version:…`, sorted. */
function components(text: string, framework: string): readonly string[] {
  const names = [...text.matchAll(/^[ \t]*mca:([\w-]+):([\w-]+):version:/gm)].filter(([, name]) => name === framework);
  return [...new Set(names.flatMap(([, , component]) => component ?? []))].sort();
}

/**
 * The process management an Open MPI can speak. Up to 4 it is built of components of the framework `pmix`: s1 and s2 are
 * Slurm's PMI-1 and PMI-2. From 5 on it is PMIx and nothing else.
 */
function processManagement(text: string, major: number): string {
  if (major >= 5) return 'pmix';
  const found = components(text, 'pmix').map((name) => {
    if (name === 's1') return 'pmi1';
    if (name === 's2') return 'pmi2';
    return /^(ext\d|pmix\d|ext$|pmix)/.test(name) ? 'pmix' : name;
  });
  return [...new Set(found)].sort().join(' ') || 'none';
}

/** What ompi_info says of an Open MPI; undefined when it is no such answer. */
export interface OpenMpi {
  readonly version: string;
  /** Standard supported, such as 3.1.0. */
  readonly standard: string;
  /** `ompi`, and `mpi_forum` where the ABI of MPI-5 is built as well (said from 6.0 on; before it there was but one). */
  readonly abi: string;
  readonly pmi: string;
  /** Components that move data, by framework: `pml cm ob1 ucx; mtl ofi`. */
  readonly transports: string;
}

/** Reads `ompi_info --parsable`. */
export function openMpi(text: string): OpenMpi | undefined {
  const version = parsable(text, 'ompi:version:full');
  const major = Number(/^(\d+)\./.exec(version ?? '')?.[1]);
  if (version === undefined || !(major >= 1)) return undefined;
  const transports = ['pml', 'mtl', 'btl', 'smsc'].flatMap((framework) => {
    const names = components(text, framework);
    return names.length > 0 ? [`${framework} ${names.join(' ')}`] : [];
  });
  return {
    version,
    standard: parsable(text, 'mpi-api:version:full') ?? '?',
    abi: openMpiAbis(text).join(' ') || 'ompi',
    pmi: processManagement(text, major),
    transports: transports.join('; ') || 'none',
  };
}

/** ABIs that `bindings:abi:NAME:yes` lines state (Open MPI 6). */
export function openMpiAbis(text: string): readonly string[] {
  return [...text.matchAll(/^[ \t]*bindings:abi:(\w+):yes[ \t\r]*$/gm)].flatMap(([, name]) => name ?? []).sort();
}

/** What mpichversion says of an MPICH, or of one that is made from it. */
export interface Mpich {
  readonly version: string;
  /** Such as `ch4:ucx`. */
  readonly device: string;
  /** libtool's current:revision:age, where it is stated; current − age is the number in the soname. */
  readonly abi?: string;
  /** Options of its configuration that choose process management and ABI. */
  readonly options: string;
}

/** Reads mpichversion; Cray's says `MPI VERSION : CRAY MPICH version 8.1.28.29 (ANL base 3.4a2)`. */
export function mpich(text: string): Mpich | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const of = (name: string): string | undefined =>
    ['mpich', 'mvapich', 'mvapich2', 'mpi'].map((kind) => fields.get(`${kind} ${name}`)).find(Boolean);
  const version = of('version');
  if (version === undefined || !/\d\.\d/.test(version)) return undefined;
  const configure = of('configure') ?? '';
  const options = configure.match(
    /--(with-pm|with-pmi|with-pmi1|with-pmi2|with-pmix|with-slurm|enable-mpi-abi)(=\S+)?(?=\s|$)/g,
  );
  const abi = of('abi');
  return {
    version,
    device: of('device') ?? '?',
    ...(abi !== undefined && { abi }),
    options: [...new Set(options ?? [])].sort().join(' ') || 'none stated',
  };
}

/** The line that names a version: `mpirun (Open MPI) 4.1.4`, `HYDRA build details:` with its `Version:` line, … */
export function launcherVersion(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const hydra = /^HYDRA build details/.test(lines[0] ?? '');
  const stated = lines.map((line) => /^Version:\s*(\S+)/.exec(line)?.[1]).find((version) => version !== undefined);
  if (hydra) return `HYDRA ${stated ?? ''}`.trim();
  return lines.find((line) => /\d\.\d/.test(line));
}

/** `4.2.2` in `pmix_info --parsable`. */
export function pmixVersion(text: string): string | undefined {
  return parsable(text, 'pmix:version:full');
}
