/** Mounts of the site on the real nodes: a host library over one of the image's is stored, compared, and foretold. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import type { Comparison } from '../../src/compare/compare.ts';
import { deriveRun } from '../../src/flow/derive-run.ts';
import { runEvidence } from '../../src/flow/gather-evidence.ts';
import { openSite } from '../../src/flow/open-site.ts';
import type { RunPlan } from '../../src/flow/plan.ts';
import type { PreflightResult } from '../../src/flow/preflight.ts';
import type { RunRecord } from '../../src/store/run-record.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { assay, type Ended, home, image, shared, site as shipped, state, tester } from './login.ts';

const system = realSystem(true);
const folder = join(home, `mounts-${process.pid}`);
const lib = '/usr/lib/x86_64-linux-gnu';
/** The image's own name for it: /lib is a link to usr/lib, and the file there a link to the one with the whole version. */
const target = '/lib/x86_64-linux-gnu/libevent_core-2.1.so.7';
const loaded = `${lib}/libevent_core-2.1.so.7.0.1`;
const library = join(folder, 'libevent-of-the-host.so');
const layout = join(folder, 'old-glibc');

/** The shipped site with runs and store of this test, and mounts. */
function siteWith(name: string, mounts: readonly string[] = []): string {
  const path = join(folder, name);
  const text = readFileSync(shipped, 'utf8')
    .replace('~/assay/runs', join(folder, 'runs'))
    .replace('~/assay/assay.db', join(folder, 'assay.db'))
    .replace('../../../registry', join(shared, 'registry'))
    .replace(/^ {2}batch:\n/m, `$&    mounts: [${mounts.join(', ')}]\n`);
  writeFileSync(path, text, { mode: 0o644 });
  return path;
}

const mount = (source: string, to: string) => `{ source: ${source}, target: ${to} }`;
const run = (site: string, ...words: readonly string[]) => tester(assay, 'run', ...words, '--site', site, '--fresh');

function idOf({ stdout, stderr }: Ended): string {
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout) as RunRecord).run.id;
}

/** The mounts that the journal of a run begins with. */
function mounts(id: string): readonly unknown[] {
  const [first = '{}'] = readFileSync(join(folder, 'runs', id, 'journal.jsonl'), 'utf8').split('\n');
  return (JSON.parse(first) as { mounts?: unknown[] }).mounts ?? [];
}

const record = (id: string) =>
  JSON.parse(tester(assay, 'show', id, '--site', siteWith('plain.yaml'), '--json').stdout) as RunRecord;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  execFileSync('chown', ['tester:assay', folder]);
  execFileSync('cp', ['-r', join(state, 'images/old-glibc'), layout]);
  execFileSync('chmod', ['-R', 'a+rX', layout]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a library of the host over one of the image', () => {
  let plain: RunRecord;
  let mounted: RunRecord;

  it('runs as it does without', () => {
    const plainSite = siteWith('plain.yaml');
    const first = run(plainSite, 'wireup', '--image', image, '--json');
    expect(first.status, first.stderr).toBe(0);
    expect(first.stderr).toContain('this host, now');
    plain = record(idOf(first));
    const { root } = JSON.parse(
      tester(assay, 'preflight', image, '--site', plainSite, '--json').stdout,
    ) as PreflightResult;
    copyFileSync(join(root, loaded), library);
    appendFileSync(library, '\n');
    const second = run(siteWith('mounted.yaml', [mount(library, target)]), 'wireup', '--image', image, '--json');
    expect(second.status, second.stderr).toBe(0);
    expect(second.stderr).toMatch(/facts of node\[1-4\] of partition batch, told .* ago in run /);
    mounted = record(idOf(second));
  });

  it('is in the plan, in the journal and in the store, with its digest', () => {
    const digest = digestOf(readFileSync(library));
    expect(plain).not.toHaveProperty('mounts');
    expect(mounted.mounts).toEqual([{ source: library, target, readOnly: false, digest }]);
    const journal = readFileSync(join(mounted.run.directory, 'journal.jsonl'), 'utf8');
    expect(journal).toContain(`--bind=${library}:${target}`);
    const planned = tester(
      ...[assay, 'plan', 'wireup', '--image', image, '--site', join(folder, 'mounted.yaml'), '--json'],
    );
    const plan = JSON.parse(planned.stdout) as RunPlan;
    expect(plan.facts.whose).toContain(`in run ${mounted.run.id}`);
    for (const step of plan.jobs.flatMap(({ allocation }) => allocation.steps))
      expect(step.launch.argv).toContain(`--bind=${library}:${target}`);
  });

  it('is what the ranks had loaded, of the host, and of the image without the mount', () => {
    const files = ({ ranks }: RunRecord) =>
      new Set(
        ranks.flatMap(({ libraries }) =>
          libraries.flatMap(({ path, origin, digest }) => (path === loaded ? [`${origin} ${digest}`] : [])),
        ),
      );
    expect([...files(mounted)]).toEqual([`host ${digestOf(readFileSync(library))}`]);
    expect([...files(plain)]).toEqual([expect.stringMatching(/^image sha256:/)]);
  });

  it('is a cause of what differs between the two, as a mount and as a library', () => {
    const answer = tester(
      assay,
      'compare',
      plain.run.id,
      mounted.run.id,
      '--site',
      join(folder, 'plain.yaml'),
      '--json',
    );
    const { causes } = JSON.parse(answer.stdout) as Comparison;
    const digest = digestOf(readFileSync(library));
    expect(causes[0]).toMatchObject({ kind: 'mount', name: target, right: `${library} ${digest}` });
    expect(causes).toContainEqual(
      expect.objectContaining({ kind: 'library', left: expect.stringMatching(/^image /), right: `host ${digest}` }),
    );
    expect(causes.map(({ kind }) => kind)).not.toContain('launch');
    process.stdout.write(
      `${causes.map(({ kind, name, left, right }) => `${kind} ${name}: ${left} -> ${right}`).join('\n')}\n`,
    );
  });
});

describe('the gate', () => {
  it('makes the same launches of the site, and names the library as part of what passed', async () => {
    const trusted = await openSite(system, join(folder, 'mounted.yaml'));
    const [id = ''] = readdirSync(join(folder, 'runs')).filter(
      (name) => !name.startsWith('.') && mounts(name).length > 0,
    );
    const evidence = await runEvidence(system, await deriveRun(system, join(folder, 'runs', id), trusted), {
      site: trusted,
    });
    expect(evidence.injected).toEqual([{ path: loaded, digest: digestOf(readFileSync(library)) }]);
    expect(evidence.integrity.find(({ kind }) => kind === 'journal')).toMatchObject({ outcome: 'ok' });
  });
});

describe('preflight', () => {
  const newer = realpathSync(`${lib}/libstdc++.so.6`);

  it('foretells that a library of the host needs more than the image has, as with --inject; and the run shows it', () => {
    const site = siteWith('newer.yaml', [mount(newer, `${lib}/libstdc++.so.6`)]);
    const foretold = tester(assay, 'preflight', `oci:${layout}`, '--site', site, '--ranks', '1', '--json');
    expect(foretold.status, foretold.stderr).toBe(1);
    const { findings } = JSON.parse(foretold.stdout) as PreflightResult;
    expect(findings.find(({ check }) => check === 'injected')).toMatchObject({
      outcome: 'will-fail',
      message: expect.stringMatching(/libstdc\+\+.* needs GLIBC/),
    });
    const suite = join(folder, 'tiny');
    mkdirSync(suite, { recursive: true });
    writeFileSync(
      join(suite, 'suite.yaml'),
      `suite: tiny
tests:
  word:
    geometry: { nodes: 1, ranks: 1 }
    time_limit: 30s
    command: [sh, -c, 'echo value=1']
    environment: { LD_PRELOAD: ${lib}/libstdc++.so.6 }
    observations: { value: { parser: keyvalue, key: value, unit: "1" } }
    checks: { right: { kind: equals, of: value, expect: 1, why: "It is what was asked for." } }
`,
    );
    for (const verb of ['plan', 'run']) {
      const refused = tester(assay, verb, suite, '--image', `oci:${layout}`, '--site', site);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toMatch(/PREFLIGHT_REFUSED[\s\S]*needs GLIBC/);
    }
    const ran = run(site, suite, '--image', `oci:${layout}`, '--despite-preflight');
    expect(ran.stderr).toContain('warning: running despite preflight');
    expect(ran.status, ran.stdout).toBe(1);
    expect(run(siteWith('plain.yaml'), suite, '--image', `oci:${layout}`).status).toBe(0);
  });

  it('cannot tell where only nodes may have the source, and makes a target that the image lacks', () => {
    const unseen = siteWith('unseen.yaml', [mount('/opt/only-on-nodes', '/opt/x')]);
    const open = tester(assay, 'preflight', `oci:${layout}`, '--site', unseen, '--ranks', '1');
    expect(open.status, open.stdout).toBe(4);
    expect(open.stdout).toMatch(/cannot tell {2}mounts .*\/opt\/only-on-nodes is not on \S+; the nodes may have it/);
    expect(open.stdout).toMatch(/facts {2}node\S* of partition batch, told /);
    const word = join(folder, 'word');
    mkdirSync(word, { recursive: true });
    writeFileSync(join(word, 'said'), 'value=1\n');
    const suite = join(folder, 'said');
    mkdirSync(suite, { recursive: true });
    const tiny = readFileSync(join(folder, 'tiny/suite.yaml'), 'utf8');
    writeFileSync(
      join(suite, 'suite.yaml'),
      tiny.replace("'echo value=1'", "'read -r line </opt/new/said; echo $line'").replace(/^ +environment:.*\n/m, ''),
    );
    const ran = run(siteWith('made.yaml', [mount(word, '/opt/new')]), suite, '--image', `oci:${layout}`);
    expect(ran.status, `${ran.stdout}${ran.stderr}`).toBe(0);
  });
});

describe('a site', () => {
  it('with a mount that ch-run cannot make is refused at its line', () => {
    const { status, stderr } = tester(
      assay,
      'plan',
      'wireup',
      '--image',
      image,
      '--site',
      siteWith('bad.yaml', [mount('lib', '/mnt')]),
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/SITE_INVALID/);
    expect(stderr).toMatch(/bad\.yaml:\d+:\d+ .*source: lib[^\n]*\n *\^+/);
  });
});
