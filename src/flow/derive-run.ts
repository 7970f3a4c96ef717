/**
 * Everything a run directory proves, derived from its raw outputs: used when the run ends, when it is shown and, on
 * untrusted input, by the gate. Nothing that the run wrote down as a verdict is looked at.
 */
import { join } from 'node:path';
import { type CaseJudgement, judgeCases } from '../judge/judge.ts';
import type { System } from '../system/system.ts';
import { type CaseSource, caseEvidence } from './case-evidence.ts';
import { type NodeEvidenceOfAllocation, readNodeEvidence } from './node-evidence.ts';
import { type OpenSite, openSiteText } from './open-site.ts';
import { type RunDirectory, readRunDirectory } from './read-run-directory.ts';

/** A judged case with what it was judged from. */
export interface DerivedCase extends CaseSource {
  readonly judgement: CaseJudgement;
}

/** A run, derived. */
export interface DerivedRun {
  readonly directory: RunDirectory;
  readonly site: OpenSite;
  readonly nodes: readonly NodeEvidenceOfAllocation[];
  readonly cases: readonly DerivedCase[];
}

/** Derives a run from its directory. `site` replaces the copy that the directory holds, for a gate that trusts its own. */
export async function deriveRun(system: System, path: string, site?: OpenSite): Promise<DerivedRun> {
  const directory = await readRunDirectory(system, path);
  const used = site ?? openSiteText(system, directory.siteText, join(path, 'site.yaml'));
  const nodes: NodeEvidenceOfAllocation[] = [];
  for (const allocation of directory.state.allocations)
    nodes.push(await readNodeEvidence(system, directory, allocation));
  const byAllocation = new Map(nodes.map((one) => [one.allocation, one]));
  const sources = await caseEvidence(system, directory, used, byAllocation);
  const judgements = judgeCases(sources.map((source) => source.evidence));
  const cases = sources.flatMap((source, index): DerivedCase[] => {
    const judgement = judgements[index];
    return judgement ? [{ ...source, judgement }] : [];
  });
  return { directory, site: used, nodes, cases };
}
