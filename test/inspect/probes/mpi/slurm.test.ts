import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mpi } from '../../../../src/inspect/probes/mpi/mpi.ts';
import { slurmConfig } from '../../../../src/inspect/probes/mpi/slurm.ts';
import { readFacts } from '../../../../src/inspect/read-collected.ts';
import { captured, damaged, read, short } from '../../answering.ts';
import { nonce, plant, rendered, run, scratch, shells } from '../../scratch-collector.ts';

const config = captured('slurm/22.05.8/scontrol-show-config.txt');
const onlySlurm = { ...mpi, asks: mpi.asks.filter(({ id }) => id.startsWith('slurm-')) };

/** Composed from slurm.conf(5). */
const file = `# site
ClusterName=x
AccountingStoragePass=hunter2
mpidefault = pmix   # as the guide says
TaskPlugin=task/cgroup,task/affinity
JobContainerType=job_container/tmpfs
Prolog=/etc/slurm/prolog.d/*
`;

describe('settings of Slurm', () => {
  test('as the controller gives them; what is not set is none', () => {
    const facts = read(mpi, { 'slurm-controller': config }, 'slow');
    expect(
      ['MpiDefault', 'TaskPlugin', 'ProctrackType', 'TmpFS', 'Prolog', 'TaskPluginParam', 'SelectTypeParameters'].map(
        (name) => short(facts[`slurm.${name}`]),
      ),
    ).toEqual(['none', 'task/none', 'proctrack/linuxproc', '/tmp', 'none', 'none', 'CR_CORE_MEMORY']);
    expect(Object.keys(facts).filter((key) => /Host|Port|User|Key|Auth/.test(key))).toEqual([]);
  });
  test('as a file gives them, in one line; several prologs are joined', () => {
    const facts = read(mpi, { 'slurm-file': `/etc/slurm/slurm.conf\n${file}` });
    expect(facts['slurm-conf']).toEqual({
      value:
        'JobContainerType=job_container/tmpfs; MpiDefault=pmix; Prolog=/etc/slurm/prolog.d/*; TaskPlugin=task/cgroup,task/affinity',
      source: '/etc/slurm/slurm.conf',
    });
    expect(slurmConfig('Prolog[0] = /a\nProlog[1] = /b\n').get('Prolog')).toBe('/a,/b');
    expect(short(read(mpi, { 'slurm-file': { status: 3, text: '' } })['slurm-conf'])).toBe('?absent');
  });
  test('only the first node of an allocation has rows of the controller', () => {
    expect(Object.keys(read(mpi, { 'slurm-controller': 'asked on the first node alone\n' }, 'slow'))).not.toContain(
      'slurm-config',
    );
    expect(short(read(mpi, { 'slurm-controller': 'no scontrol\n' }, 'slow')['slurm-config'])).toBe('none');
    const failed = { status: 1, text: 'slurm_load_ctl_conf error: Unable to contact slurm controller\n' };
    expect(short(read(mpi, { 'slurm-controller': failed }, 'slow')['slurm-config'])).toBe('?error');
    expect(mpi.clusterKeys).toContain('slurm.MpiDefault');
  });
  test.each([
    ['slurm-controller', config],
    ['slurm-file', `/etc/slurm/slurm.conf\n${file}`],
    ['plugins', captured('slurm/22.05.8/mpi-list.txt')],
  ])('damaged answers to %s never throw', (id, text) => {
    for (const bytes of damaged(text, 300)) {
      read(mpi, { [id]: bytes });
      const facts = read(mpi, { [id]: bytes }, 'slow');
      expect(JSON.stringify(facts)).not.toContain('hunter2');
    }
  });
});

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))(
  'settings of Slurm under $name',
  ({ shell }) => {
    test('the node itself keeps what is not asked for; the controller is asked once an allocation', async () => {
      const place = scratch();
      mkdirSync(join(place, 'etc'));
      writeFileSync(join(place, 'etc', 'slurm.conf'), file);
      plant(
        join(place, 'bin'),
        'scontrol',
        `echo "AccountingStoragePass = hunter2"; echo "MpiDefault              = pmi2"`,
      );
      const collector = await rendered(place, {
        probes: [onlySlurm].map((probe) => ({ ...probe, read: () => [], readSlow: () => [] })),
      });
      const of = async (node: string) => {
        const env = {
          PATH: `${join(place, 'bin')}:${process.env.PATH}`,
          SLURM_CONF: join(place, 'etc', 'slurm.conf'),
          SLURM_NODEID: node,
        };
        const { stdout } = await run(shell, [collector, '-', 'facts', 'slow'], { env });
        expect(Buffer.from(stdout.replaceAll(/^assay.*$/gm, ''), 'base64').toString()).not.toContain('hunter2');
        return readFacts(stdout, { nonce, probes: [mpi], slow: true }).groups.mpi ?? {};
      };
      const first = await of('0');
      expect(short(first['slurm.MpiDefault'])).toBe('pmi2');
      expect(short(first['slurm-conf'])).toMatch(/^JobContainerType=.*MpiDefault=pmix/);
      const second = await of('1');
      expect(second).not.toHaveProperty(['slurm.MpiDefault']);
      expect(short(second['slurm-conf'])).toBe(short(first['slurm-conf']));
    });
  },
);
