/** What the companion brought back from the nodes of a run: facts, ranks, and the check of sampled files. */
import { basename, join } from 'node:path';
import type { Facts } from '../inspect/facts.ts';
import { probes } from '../inspect/probes/index.ts';
import { readFacts } from '../inspect/read-collected.ts';
import { type FileSample, readFileSample } from '../inspect/read-files.ts';
import { readRanks, type SeenRank } from '../inspect/read-ranks.ts';
import type { AllocationState } from '../run/state.ts';
import type { System } from '../system/system.ts';
import type { RunDirectory } from './read-run-directory.ts';

/** The evidence of one allocation's nodes. */
export interface NodeEvidenceOfAllocation {
  readonly allocation: string;
  readonly facts: readonly Facts[];
  readonly ranks: readonly SeenRank[];
  readonly samples: readonly FileSample[];
  readonly problems: readonly string[];
}

/** Reads the companion's files of one allocation. Only files that the journal named are looked at. */
export async function readNodeEvidence(
  system: System,
  run: RunDirectory,
  allocation: AllocationState,
): Promise<NodeEvidenceOfAllocation> {
  const { nonce } = run.opened;
  const expected = await sampleSize(system, run, allocation.plan.id);
  const facts: Facts[] = [];
  const ranks: SeenRank[] = [];
  const samples: FileSample[] = [];
  const problems: string[] = [];
  for (const file of allocation.companion) {
    const name = basename(file.path);
    const dot = name.lastIndexOf('.');
    const [node, kind] = [name.slice(0, dot), name.slice(dot + 1)];
    const text = await system.files.readTextIfThere(join(run.paths.directory, file.path));
    if (text === undefined) continue;
    if (kind === 'facts') facts.push(readFacts(text, { nonce, probes, node }));
    if (kind === 'files') samples.push(readFileSample(text, nonce, node, expected));
    if (kind === 'ranks') {
      const seen = readRanks(text, nonce, node);
      ranks.push(...seen.ranks);
      problems.push(...seen.problems.map((problem) => `${node}: ${problem}`));
    }
  }
  return { allocation: allocation.plan.id, facts, ranks, samples, problems };
}

async function sampleSize(system: System, run: RunDirectory, allocation: string): Promise<number> {
  const text = await system.files.readTextIfThere(join(run.paths.allocation(allocation), 'facts', 'sample.list'));
  return (text ?? '').split('\n').filter((line) => line !== '').length;
}
