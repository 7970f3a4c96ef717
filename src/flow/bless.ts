/** `assay bless`: signs that the kernels of a run were tested and accepted. The run is derived again, as the gate does. */
import type { Digest } from '../base/digest.ts';
import { parseDuration } from '../base/quantity.ts';
import { makeBundle } from '../certify/bundle.ts';
import type { RunEvidence } from '../certify/evidence.ts';
import { blessable } from '../certify/kernels/blessable.ts';
import { blessingStatement } from '../certify/kernels/blessing.ts';
import { kernelsOf } from '../certify/kernels/kernels-of-runs.ts';
import { endOf } from '../certify/policy.ts';
import type { RuleResult } from '../certify/rule.ts';
import { loadSigner, type PassphraseSource } from '../certify/signer.ts';
import { partitionOf } from '../site/place.ts';
import type { System } from '../system/system.ts';
import { addStatement } from './blessings.ts';
import { deriveRun } from './derive-run.ts';
import { untilInvalid } from './errors.ts';
import { findRun } from './find-run.ts';
import { runEvidence } from './gather-evidence.ts';
import { openSite } from './open-site.ts';

/** What is to be blessed, and by whom. */
export interface BlessRequest {
  /** Run by id or directory. */
  readonly run: string;
  /** File of the private key. */
  readonly key: string;
  readonly passphrase?: PassphraseSource;
  readonly reason: string;
  /** `90d` or `2026-12-31`; 90 days unless said. */
  readonly until?: string;
  /** The partition that the run must have been made on. */
  readonly partition?: string;
  readonly site?: string;
  /** Digest of the run's journal as the pipeline saw it when the run ended. */
  readonly expect?: Digest;
}

/** One blessing that was made, and its file. */
export interface MadeBlessing {
  readonly fingerprint: Digest;
  readonly release: string;
  readonly nodes: readonly string[];
  readonly until: string;
  readonly digest: Digest;
  readonly file: string;
}

/** What came of it: blessings, or none (`refuse`: a proven fault, `hold`: not proven either way) and what every rule said. */
export interface Blessed {
  readonly outcome: 'blessed' | 'refuse' | 'hold';
  readonly run: string;
  readonly site: string;
  readonly partition: string;
  readonly blessings: readonly MadeBlessing[];
  readonly rules: readonly RuleResult[];
}

const usualUntil = '90d';

/** Blesses every kernel of a run, each by a statement of its own. The key is read before anything else. */
export async function bless(system: System, request: BlessRequest): Promise<Blessed> {
  const signer = await loadSigner(system, request.key, request.passphrase);
  const from = system.clock.now();
  const until = endOfBlessing(request.until ?? usualUntil, from);
  const site = await openSite(system, request.site);
  const derived = await deriveRun(system, await findRun(system, site.site.directories.runs, request.run), site);
  const expect = request.expect ? { expect: request.expect } : {};
  const evidence = await runEvidence(system, derived, { site, ...expect });
  const { partition } = derived.directory.opened;
  const about = { run: evidence.id, site: site.site.name, partition };
  const asked = blessable(evidence, from);
  const elsewhere = partitionProblem(partition, request.partition && partitionOf(site.site, request.partition).name);
  const rules = [...asked.rules, ...elsewhere];
  if (asked.outcome !== 'ok' || elsewhere.length > 0)
    return { ...about, outcome: asked.outcome === 'hold' ? 'hold' : 'refuse', blessings: [], rules };
  const blessings: MadeBlessing[] = [];
  for (const kernel of kernelsOf(evidence)) {
    const { fingerprint, lines, nodes, release = 'unknown' } = kernel;
    if (typeof fingerprint !== 'string' || !lines) throw new Error('a kernel without fingerprint came past its rule');
    const statement = blessingStatement(fingerprint, {
      site: about.site,
      partition,
      release,
      lines,
      evidence: { ...basisOf(evidence), nodes: [...nodes].sort() },
      by: system.environment.user,
      from,
      until,
      reason: request.reason,
    });
    const attestation = await makeBundle(statement, signer);
    const file = await addStatement(system, site.site.directories.blessings, attestation);
    blessings.push({ fingerprint, release, nodes, until, digest: attestation.digest, file });
  }
  return { ...about, outcome: 'blessed', blessings, rules };
}

function basisOf({ id, journalDigest, tested, suites }: RunEvidence) {
  return {
    run: id,
    journal: journalDigest,
    image: tested,
    suites: suites.map(({ name, digest }) => ({ name, digest })),
  };
}

function partitionProblem(partition: string, wanted: string | undefined): readonly RuleResult[] {
  if (!wanted || wanted === partition) return [];
  return [
    {
      rule: 'partition',
      asks: 'that the run was made on the partition named',
      outcome: 'refuse',
      message: `the run was made on the partition ${partition}, not on ${wanted}`,
      evidence: [],
    },
  ];
}

/** ISO 8601 UTC of a day, a moment, or a duration from now; throws FLOW_UNTIL_INVALID. */
function endOfBlessing(text: string, now: string): string {
  const wrong = (why: string) =>
    untilInvalid(`"${text}" ${why}`, 'write a time from now such as 90d, or a last day such as 2027-06-30 (UTC)');
  let end = endOf(text);
  if (end === undefined) {
    if (!/^\d+(\.\d+)?(s|min|h|d)$/.test(text)) throw wrong('is no end of a blessing');
    const moment = new Date(Date.parse(now) + parseDuration(text) * 1000);
    if (Number.isNaN(moment.getTime()) || moment.getUTCFullYear() > 9999) throw wrong('is too far away');
    end = moment.toISOString();
  }
  if (Date.parse(end) <= Date.parse(now)) throw wrong('is over already');
  return end;
}
