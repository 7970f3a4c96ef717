/** An image, nodes and a wish that fit together, for tests that change one thing. */
import type { Image } from '../../src/image/image.ts';
import type { Facts } from '../../src/inspect/facts.ts';
import type { LaunchWish, PreflightInput } from '../../src/preflight/finding.ts';

const digest = `sha256:${'0'.repeat(64)}` as const;

export const image: Image = {
  name: 'registry.test/app:1',
  digest,
  resolved: digest,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: digest,
  architecture: 'amd64',
  os: 'linux',
  layers: [],
  environment: {},
  entrypoint: [],
  command: [],
  workingDirectory: '/',
  labels: {},
  mpi: {
    family: 'openmpi',
    abi: 'libmpi.so.40',
    path: '/usr/lib/libmpi.so.40',
    libraryPath: [],
    version: '5.0.11',
    pmi: ['pmix'],
    evidence: ['used by 1 application'],
  },
  libc: { family: 'glibc', version: '2.36' },
  libraries: [],
  packages: [],
  needs: { programs: [{ architecture: 'amd64', count: 1, path: '/opt/app/bin/app' }], levels: [], missing: [] },
  holds: { binSh: '/usr/bin/dash', added: [], dropped: [], toolkits: [], fabrics: [] },
  gaps: [],
};

/** Facts of a node by group and key. */
export function facts(name: string, groups: Readonly<Record<string, Readonly<Record<string, string>>>>): Facts {
  const known = Object.entries(groups).map(([group, values]) => {
    const members = Object.entries(values).map(([key, value]) => [key, { value, source: 'test' }]);
    return [group, Object.fromEntries(members)];
  });
  return { node: name, groups: Object.fromEntries(known) };
}

/** A node with its processor and the plugins of its srun. */
export function node(name: string, plugins = 'none pmi2 pmix pmix_v4', machine = 'x86_64'): Facts {
  return {
    node: name,
    groups: {
      kernel: { machine: { value: machine, source: 'uname -m' } },
      mpi: { plugins: { value: plugins, source: 'srun --mpi=list' } },
    },
  };
}

export const partition = {
  name: 'batch',
  nodes: 4,
  processors: 2,
  timeLimitSeconds: 3600,
  exclusive: true,
  mounts: [],
};
export const wish: LaunchWish = { launcher: 'srun', ranks: 4, program: { builds: ['libmpi.so.40', 'libmpi.so.12'] } };

/** All of it. */
export const input: PreflightInput = { image, facts: [node('n1'), node('n2')], partition, wish };
