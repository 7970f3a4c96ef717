/** The site language. Options of schedulers, launchers and runtimes are holes, filled in `flow/language`. */
import { closed, oneOf, type Static, type TSchema, Type } from '../base/schema.ts';

const duration = (description: string) => Type.Union([Type.String(), Type.Number()], { description });

const mount = closed(
  {
    source: Type.String({ description: 'Absolute path on the nodes: a folder or a file, such as a library.' }),
    target: Type.String({
      description: 'Absolute path at which the container sees it; made in the unpacked image where the image lacks it.',
    }),
    read_only: Type.Optional(
      Type.Boolean({
        description: 'The container may not write there; false unless said. Not every runtime can do so.',
      }),
    ),
  },
  'A path of the host, seen in the container.',
);

const partition = closed(
  {
    nodes: Type.Integer({ minimum: 1, description: 'Nodes that one allocation may hold.' }),
    processors: Type.Integer({ minimum: 1, description: 'Processors of one node that ranks may use.' }),
    transport: Type.Optional(
      Type.String({ description: 'What must carry messages between nodes: tcp, verbs, cxi, psm2, efa …' }),
    ),
    time_limit: Type.Optional(duration('Longest time of one allocation; 1h unless said.')),
    account: Type.Optional(Type.String({ description: 'Account to charge.' })),
    qos: Type.Optional(Type.String()),
    constraint: Type.Optional(Type.String()),
    reservation: Type.Optional(Type.String()),
    exclude: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.,\\[\\]-]*$' }), {
        description: 'Nodes never to be used, as names or host lists: node7, rack[1-3].',
      }),
    ),
    licenses: Type.Optional(
      Type.String({ pattern: '^[^\\s]+$', description: 'Licences that every allocation holds: name:count,…' }),
    ),
    network: Type.Optional(
      Type.String({
        pattern: '^[^\\s]+$',
        description: 'What the switch plugin is asked for, as `sbatch --network` takes it.',
      }),
    ),
    exclusive: Type.Optional(Type.Boolean({ description: 'Ask for whole nodes; true unless said.' })),
    mounts: Type.Optional(
      Type.Array(mount, {
        description: 'What containers on this partition see of the host, beside `mounts` of the site.',
      }),
    ),
  },
  'A partition of the cluster.',
);

/** The schema of a site file, with the schemas of scheduler, launcher and runtime put in. */
export function siteSchema(scheduler: TSchema, launcher: TSchema, runtime: TSchema) {
  return closed(
    {
      site: Type.String({ pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$', description: 'Name of the site.' }),
      description: Type.Optional(Type.String()),
      scheduler,
      launcher,
      runtime,
      partitions: Type.Record(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$' }), partition, {
        minProperties: 1,
      }),
      default_partition: Type.Optional(Type.String()),
      directories: closed(
        {
          runs: Type.String({ description: 'Where run directories are made; every node must see it.' }),
          images: Type.String({ description: 'Where images are unpacked; every node must see it.' }),
          store: Type.String({ description: 'The database file.' }),
          blessings: Type.Optional(
            Type.String({ description: 'Where blessings of kernels lie; `blessings` beside the store unless said.' }),
          ),
        },
        'Places. Absolute, or from the home directory (~/), or from the folder of this file.',
      ),
      registries: Type.Optional(
        Type.Record(
          Type.String(),
          closed({
            ca: Type.Optional(Type.String({ description: 'PEM file of the authority that signed its certificate.' })),
            credentials: Type.Optional(Type.String({ description: 'Docker or Podman auth file to use for it.' })),
            insecure: Type.Optional(Type.Boolean({ description: 'Plain HTTP. For tests only.' })),
          }),
        ),
      ),
      environment: Type.Optional(
        Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String(), {
          description: 'Variables for every case of this site; a test may override them.',
        }),
      ),
      mounts: Type.Optional(Type.Array(mount, { description: 'What every container of this site sees of the host.' })),
      path: Type.Optional(Type.String({ description: 'PATH of the job script on the nodes.' })),
      wait_at_most: Type.Optional(duration('Longest wait of one `assay run` before it holds; 1h unless said.')),
      on_hold: Type.Optional(
        oneOf(['leave', 'cancel'], 'What happens to allocations when the wait is over; leave unless said.'),
      ),
      on_interrupt: Type.Optional(oneOf(['cancel', 'leave'], 'What SIGTERM does to allocations; cancel unless said.')),
    },
    'An Assay site.',
  );
}

/** A site file as it is written. */
export type SiteFile = Static<ReturnType<typeof siteSchema>>;
