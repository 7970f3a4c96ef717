import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderPipeline, usualPipeline } from '../../src/report/pipeline.ts';
import { realFiles } from '../../src/system/files.ts';

// GitLab's own schema of pipelines, as gitlab-ci-local brings it.
const path = '../../node_modules/gitlab-ci-local/src/schema/schema.js';
const { schema } = (await import(path)) as { schema: object };
const accepts = new Ajv({ strict: false, validateFormats: false }).compile(schema);

/** A pipeline as the parts of it that are looked at here. */
interface Job {
  readonly extends?: string;
  readonly rules?: readonly { readonly if: string }[];
  readonly script?: readonly string[];
  readonly artifacts?: { readonly when: string; readonly reports?: Readonly<Record<string, string>> };
  readonly [key: string]: unknown;
}

const opt = '/var/lib/assay-cluster/shared/opt/assay';
const own = {
  ...usualPipeline,
  assay: `${opt}/bin/assay`,
  promoter: `${opt}/bin/assay`,
  site: `${opt}/sites/cluster.yaml`,
  policy: `${opt}/sites/policy-demo.yaml`,
  suites: 'wireup lammps hpcc',
  nodes: '4',
  image: 'registry:5000/assay/candidate:demo',
  to: 'registry:5000/assay/blessed:demo',
};

function complaints(text: string): unknown {
  return accepts(parse(text)) ? [] : accepts.errors;
}

describe('the pipeline', () => {
  it('is one that GitLab accepts, and so is that of the repository', async () => {
    const usual = { ...usualPipeline, image: 'r/i:$CI_COMMIT_SHORT_SHA', to: 'r/b:"1" # x', move: true };
    expect(complaints(await renderPipeline(realFiles, usual))).toEqual([]);
    expect(complaints(readFileSync('.gitlab/assay.yml', 'utf8'))).toEqual([]);
    expect(complaints(readFileSync('.gitlab-ci.yml', 'utf8'))).toEqual([]);
    expect(complaints('assay: { script: 7 }')).not.toEqual([]);
  });

  it('is the one that the repository itself uses', async () => {
    expect(readFileSync('.gitlab/assay.yml', 'utf8')).toBe(await renderPipeline(realFiles, own));
    const ours = parse(readFileSync('.gitlab-ci.yml', 'utf8')) as { include: unknown; stages: readonly string[] };
    expect(ours.include).toEqual([{ local: '.gitlab/assay.yml' }]);
    expect(ours.stages.slice(-4)).toEqual(['inspect', 'run', 'gate', 'promote']);
  });

  it('keeps what a job found however it ends, and the key to the protected branch', async () => {
    const jobs = parse(await renderPipeline(realFiles, own)) as Readonly<Record<string, Job>>;
    expect(jobs['assay-run']?.artifacts).toMatchObject({
      when: 'always',
      reports: { junit: 'assay-results/junit.xml', dotenv: 'assay-results/assay.env' },
    });
    for (const name of ['assay-gate', 'assay-promote']) expect(jobs[name]?.extends).toBe('.assay-promotion');
    expect(jobs['.assay-promotion']?.rules?.[0]?.if).toContain('$CI_COMMIT_REF_PROTECTED == "true"');
    const withKey = Object.entries(jobs).filter(([, job]) => JSON.stringify(job).includes('$ASSAY_KEY'));
    expect(withKey.map(([name]) => name)).toEqual(['assay-promote']);
    for (const name of ['assay-gate', 'assay-promote'])
      expect(jobs[name]?.script?.join(' ')).toMatch(/--expect "\$\{ASSAY_JOURNAL:\?/);
  });
});
