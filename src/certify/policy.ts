/** Policies: what a site asks of an image before it is promoted. A YAML file, digested whole. */
import type { Diagnostic } from '../base/diagnostic.ts';
import { type Digest, digestOf } from '../base/digest.ts';
import { messageOf } from '../base/error.ts';
import { parseDuration } from '../base/quantity.ts';
import { closed, diagnose, oneOf, type Static, Type, validate } from '../base/schema.ts';
import { type Pointer, parseYaml, type YamlSource } from '../base/yaml.ts';
import { policyInvalid } from './errors.ts';

const digestPattern = '^sha256:[0-9a-f]{64}$';

/** The policy file's schema. */
export const policySchema = closed(
  {
    policy: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]*$', description: 'Name of the policy.' }),
    version: Type.Optional(
      Type.Union([Type.String(), Type.Number()], { description: 'For people; shown everywhere.' }),
    ),
    description: Type.Optional(Type.String()),
    suites: Type.Array(
      closed({
        name: Type.String({ minLength: 1 }),
        digest: Type.Optional(
          Type.String({ pattern: digestPattern, description: 'Only this very suite counts (sha256:…).' }),
        ),
      }),
      { minItems: 1, description: 'Suites that must have run, every case with the verdict pass.' },
    ),
    sites: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: 'Sites whose runs count; none named means any.' }),
    ),
    max_age: Type.Optional(
      Type.Union([Type.String(), Type.Number()], {
        description: 'Longest time since the start of a run, such as 7d; 7d when not given.',
      }),
    ),
    performance: Type.Optional(
      closed({
        require: oneOf(
          ['decided', 'recorded'],
          'decided: at least one gated metric, and all of them accepted. recorded: only a proven slowdown refuses.',
        ),
      }),
    ),
    bootstrap: Type.Optional(
      closed(
        {
          reason: Type.String({ minLength: 10, description: 'Why the first image may enter without a baseline.' }),
          until: Type.Optional(Type.String({ description: 'Last day (YYYY-MM-DD, UTC) or moment on which it may.' })),
        },
        'Lets the first image ever in, although there is no baseline. The attestation shows it.',
      ),
    ),
    identity: Type.Optional(oneOf(['required'], 'Every case must prove that the tested image is what ran.')),
    scheduler_record: Type.Optional(
      oneOf(['required', 'when-available'], "Whether the scheduler's own accounting must confirm the run."),
    ),
    untested_platforms: Type.Optional(
      oneOf(
        ['hold', 'leave-behind'],
        'An index with platforms that were not tested: hold, or promote the tested one alone.',
      ),
    ),
    kernel: Type.Optional(
      closed(
        {
          blessed: oneOf(['required'], 'Every node must run a kernel with a blessing that is in force.'),
          keys: Type.Array(Type.String({ minLength: 1 }), {
            minItems: 1,
            description: 'Public key files whose blessings count, from the folder of this file.',
          }),
        },
        'What is asked of the kernels that the runs were made on; nothing when not given.',
      ),
    ),
    verifier: Type.Optional(
      Type.String({ pattern: '^[a-z][a-z0-9+.-]*:.+$', description: 'URI of who decides, for the attestation.' }),
    ),
  },
  'A policy of Assay: what an image must show before it is promoted.',
);

/** The explicit rule that lets the first image ever in. */
export interface Bootstrap {
  readonly reason: string;
  /** ISO 8601 UTC; past it the rule is void. */
  readonly until?: string;
}

/** A loaded policy, defaults filled in. */
export interface Policy {
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  /** Of the file's text. */
  readonly digest: Digest;
  readonly suites: readonly { readonly name: string; readonly digest?: Digest }[];
  /** Empty: any site. */
  readonly sites: readonly string[];
  readonly maxAgeSeconds: number;
  readonly performance: 'decided' | 'recorded';
  readonly bootstrap?: Bootstrap;
  readonly identity: 'required';
  readonly schedulerRecord: 'required' | 'when-available';
  readonly untestedPlatforms: 'hold' | 'leave-behind';
  /** Absent: kernels are not asked about. `keys` are paths as the file writes them. */
  readonly kernel?: { readonly blessed: 'required'; readonly keys: readonly string[] };
  /** URI of who decides. */
  readonly verifier: string;
}

const defaultAge = '7d';
const defaultVerifier = 'urn:assay:gate';

/** Reads a policy's text; throws CERTIFY_POLICY_INVALID with the position of every problem. */
export function loadPolicy(text: string, file: string): Policy {
  const yaml = parseYaml(text, file);
  if ('problems' in yaml) throw invalid(file, yaml.problems);
  const source = yaml.ok;
  const checked = validate(policySchema, source.value);
  if ('problems' in checked) throw invalid(file, diagnose(source, checked.problems));
  const raw = checked.ok;
  const problems: Diagnostic[] = [...duplicateSuites(raw, source)];
  const maxAgeSeconds = attempt(source, ['max_age'], problems, () => parseDuration(raw.max_age ?? defaultAge)) ?? 0;
  const until = raw.bootstrap?.until;
  const end = until === undefined ? undefined : endOf(until);
  if (until !== undefined && end === undefined) {
    problems.push({
      severity: 'error',
      message: `"${until}" is not a day or a moment`,
      hint: 'write YYYY-MM-DD, or YYYY-MM-DDThh:mm:ssZ',
      at: source.locate(['bootstrap', 'until']),
    });
  }
  if (problems.length > 0) throw invalid(file, problems);
  return {
    name: raw.policy,
    ...(raw.version !== undefined && { version: String(raw.version) }),
    ...(raw.description !== undefined && { description: raw.description }),
    digest: digestOf(text),
    suites: raw.suites.map(({ name, digest }) => ({ name, ...(digest && { digest: digest as Digest }) })),
    sites: raw.sites ?? [],
    maxAgeSeconds,
    performance: raw.performance?.require ?? 'decided',
    ...(raw.bootstrap && { bootstrap: { reason: raw.bootstrap.reason, ...(end && { until: end }) } }),
    identity: 'required',
    schedulerRecord: raw.scheduler_record ?? 'required',
    untestedPlatforms: raw.untested_platforms ?? 'hold',
    ...(raw.kernel && { kernel: raw.kernel }),
    verifier: raw.verifier ?? defaultVerifier,
  };
}

function invalid(file: string, diagnostics: readonly Diagnostic[]) {
  const count = diagnostics.length === 1 ? 'one problem' : `${diagnostics.length} problems`;
  return policyInvalid(`the policy ${file} has ${count}`, 'mend what is shown; nothing is promoted until then', {
    diagnostics,
  });
}

function duplicateSuites(raw: Static<typeof policySchema>, source: YamlSource): readonly Diagnostic[] {
  return raw.suites.flatMap(({ name }, index) =>
    raw.suites.findIndex((other) => other.name === name) === index
      ? []
      : [
          {
            severity: 'error' as const,
            message: `the suite "${name}" is named twice`,
            hint: 'keep one of them',
            at: source.locate(['suites', index, 'name']),
          },
        ],
  );
}

function attempt<T>(source: YamlSource, pointer: Pointer, problems: Diagnostic[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    problems.push({ severity: 'error', message: messageOf(error), at: source.locate(pointer) });
    return undefined;
  }
}

/** The last moment of a day (YYYY-MM-DD, to its last millisecond in UTC) or of an ISO 8601 UTC time; else undefined. */
export function endOf(text: string): string | undefined {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  if (!day && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/.test(text)) return undefined;
  const moment = new Date(day ? `${text}T23:59:59.999Z` : text);
  // Date rolls 30 February over into March instead of refusing it.
  if (Number.isNaN(moment.getTime()) || moment.toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined;
  return moment.toISOString();
}
