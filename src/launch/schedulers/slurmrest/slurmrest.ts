/**
 * Slurm by its REST interface, for clusters without a login node and Slurm on Kubernetes (slurmrestd(8),
 * slurm.schedmd.com/rest_api.html). The token is that of `scontrol token`, in a variable that the site names.
 */
import type { Answer, Asked, HttpAsk } from '../../../base/ask.ts';
import { closed, Type } from '../../../base/schema.ts';
import type { JobStatus, Reply, Scheduler } from '../../scheduler.ts';
import { type Dialect, dialects, numberOfDialect, readDialect } from './dialect.ts';
import { readAccounts, readJobs } from './jobs.ts';
import { errorNumber, errorWords, invalidJobId, readReply } from './reply.ts';
import { readSubmission, submissionBody } from './submission.ts';

/** Variable that holds the token unless the site names another: the one that `scontrol token` prints. */
const usualToken = 'SLURM_JWT';

const options = closed({
  kind: Type.Literal('slurmrest'),
  url: Type.String({
    pattern: '^https?://[^/?#]+$',
    description: 'Where slurmrestd listens, such as http://head:6820.',
  }),
  socket: Type.Optional(
    Type.String({
      pattern: '^/',
      description: 'Path of the unix socket on which slurmrestd listens; `url` then names only a host.',
    }),
  ),
  token: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
      description: `Name of the variable that holds the JSON web token; ${usualToken} unless said. Never the token itself.`,
    }),
  ),
  version: Type.Optional(
    Type.Union(
      dialects.map((dialect) => Type.Literal(dialect)),
      { description: 'Version of the interface; the newest that both sides know unless said.' },
    ),
  ),
  interval: Type.Optional(
    Type.Number({ minimum: 0.2, description: 'Seconds between two looks at the queue; 10 unless said.' }),
  ),
});

/** A site's entry. */
interface Options {
  readonly url: string;
  readonly socket?: string;
  readonly token?: string;
  readonly version?: Dialect;
}

/** One request to the server of a site. */
function request(site: Options, method: HttpAsk['method'], path: string, body?: string): HttpAsk {
  return {
    kind: 'http',
    method,
    url: `${site.url}${path}`,
    ...(site.socket !== undefined && { socket: site.socket }),
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    // Over a socket the kernel says who asks.
    secretHeaders:
      site.socket !== undefined && site.token === undefined ? {} : { 'x-slurm-user-token': site.token ?? usualToken },
    userHeader: 'x-slurm-user-name',
    ...(body !== undefined && { body }),
    limitSeconds: 60,
  };
}

function onlyThese(jobIds: readonly string[]): (answer: Answer) => Reply<readonly JobStatus[]> {
  const wanted = new Set(jobIds);
  return (answer) => {
    const reply = readJobs(answer);
    return 'ok' in reply ? { ok: reply.ok.filter(({ jobId }) => wanted.has(jobId)) } : reply;
  };
}

/** A cancelled or forgotten job is no error. */
function readCancelled(answer: Answer): Reply<true> {
  const reply = readReply(answer);
  if ('unanswered' in reply) return reply;
  const errors = reply.ok.errors.filter((error) => errorNumber(error) !== invalidJobId);
  return errors.length === 0 ? { ok: true } : { unanswered: errorWords(errors) };
}

/** The scheduler of a site that speaks one version. */
function speaking(site: Options, dialect: Dialect): Scheduler {
  const at = (path: string): string => `/slurm/${dialect}/${path}`;
  const jobs = (ids: readonly string[]): string => (ids.length === 1 ? at(`job/${ids[0]}`) : at('jobs'));
  const duplicates = numberOfDialect(dialect) < 41 ? '' : '&show_duplicates=true';
  return {
    ...slurmrest,
    submit: (job) => ({
      ask: request(site, 'POST', at('job/submit'), submissionBody(job, job.scriptText, dialect)),
      read: readSubmission,
    }),
    poll: (ids) => ({ ask: request(site, 'GET', jobs(ids)), read: onlyThese(ids) }),
    find: (key) => ({
      ask: request(site, 'GET', at('jobs')),
      read: (answer) => {
        const reply = readJobs(answer);
        return 'ok' in reply ? { ok: reply.ok.filter(({ name }) => name === key) } : reply;
      },
    }),
    account: (ids) => ({
      ask: request(site, 'GET', `/slurmdb/${dialect}/jobs?step=${ids.join(',')}${duplicates}`),
      read: readAccounts,
    }),
    cancel: (ids) => ids.map((id) => ({ ask: request(site, 'DELETE', at(`job/${id}`)), read: readCancelled })),
  };
}

/** As a site's entry says; without a version it is asked for first. */
function configured(entry: Readonly<Record<string, unknown>>): Scheduler {
  const site = entry as unknown as Options;
  if (site.version !== undefined) return speaking(site, site.version);
  const negotiate: Asked<Reply<Scheduler>> = {
    ask: request(site, 'GET', '/openapi/v3'),
    read: (answer) => {
      const reply = readDialect(answer);
      return 'ok' in reply ? { ok: speaking(site, reply.ok) } : reply;
    },
  };
  return { ...speaking(site, dialects[0]), negotiate };
}

const unnamed = (): never => {
  throw new Error('slurmrest was asked before a site configured it');
};

export const slurmrest: Scheduler = {
  kind: 'slurmrest',
  options,
  interval: (entry) => (typeof entry.interval === 'number' ? entry.interval : 10),
  configured,
  submit: unnamed,
  find: unnamed,
  poll: unnamed,
  account: unnamed,
  cancel: unnamed,
};
