/** What ran is proved, not assumed: the image's tree, the nodes' view of it, and the ranks as they were seen. */
import { factValue } from '../inspect/facts.ts';
import type { SeenRank } from '../inspect/read-ranks.ts';
import type { Finding } from '../judge/verdict.ts';
import type { StepEvent } from '../run/state.ts';
import type { Case } from '../suite/suite.ts';
import type { NodeEvidenceOfAllocation } from './node-evidence.ts';
import type { RunDirectory } from './read-run-directory.ts';

function finding(check: string, verdict: Finding['verdict'], message: string): Finding {
  const kinds: Readonly<Record<string, string>> = { nodes: 'placement', integrity: 'integrity' };
  return { check, kind: kinds[check] ?? 'identity', verdict, message };
}

/** Findings on what a case really ran, and where. */
export function identityFindings(
  run: RunDirectory,
  item: Case,
  step: StepEvent,
  ranks: readonly SeenRank[],
  seen: NodeEvidenceOfAllocation | undefined,
): readonly Finding[] {
  return [
    integrityFinding(run, item, step),
    treeFinding(run),
    sampleFinding(seen),
    ...rankFindings(item, ranks),
    factsFinding(run, seen),
  ].filter((one): one is Finding => one !== undefined);
}

/** The suite, its inputs and what this step left are as they were written down, and all of it can be read. */
function integrityFinding(run: RunDirectory, item: Case, step: StepEvent): Finding | undefined {
  const own = `allocations/${step.allocation}/steps/${step.step}/`;
  const places = [`suites/${item.suite}`, `inputs/${item.suite}`];
  const found = run.discrepancies.find(({ path }) => places.includes(path) || path.startsWith(own));
  if (found) return finding('integrity', 'invalid', found.message);
  const [unread] = step.unread ?? [];
  return unread === undefined
    ? undefined
    : finding(
        'integrity',
        'invalid',
        `the case left ${unread}, which cannot be kept: its own user may not read it, or it is too large, or its name is not UTF-8`,
      );
}

/** The unpacked tree was checked whole before the first allocation and after the last, against the layers' own bytes. */
function treeFinding(run: RunDirectory): Finding {
  const { tree } = run.opened;
  const wrong = run.state.trees.find(
    (look) => look.digest !== tree.digest || look.altered.length > 0 || look.missing.length > 0,
  );
  if (wrong) {
    const paths = [...wrong.altered, ...wrong.missing];
    const shown = paths.slice(0, 3).join(', ') || 'its manifest';
    return finding(
      'image-tree',
      'invalid',
      `${wrong.when} the run the unpacked image was not what its layers hold: ${shown}`,
    );
  }
  const before = run.state.trees.some((look) => look.when === 'before');
  const after = run.state.trees.some((look) => look.when === 'after');
  if (!before || !after)
    return finding('image-tree', 'error', `the unpacked image was not checked ${before ? 'after' : 'before'} the run`);
  return finding('image-tree', 'pass', `the unpacked image is ${tree.digest}, before and after the run`);
}

function sampleFinding(seen: NodeEvidenceOfAllocation | undefined): Finding {
  const samples = seen?.samples ?? [];
  const differs = samples.find((sample) => sample.kind === 'differs');
  if (differs?.kind === 'differs')
    return finding(
      'image-on-nodes',
      'invalid',
      `${differs.node} sees other files in the image: ${differs.paths.slice(0, 3).join(', ')}`,
    );
  const unknown = samples.find((sample) => sample.kind === 'unknown');
  if (unknown?.kind === 'unknown') return finding('image-on-nodes', 'error', `${unknown.node}: ${unknown.why}`);
  if (samples.length === 0) return finding('image-on-nodes', 'error', 'no node checked files of the image');
  const checked = samples.reduce((sum, sample) => sum + (sample.kind === 'agrees' ? sample.checked : 0), 0);
  return finding('image-on-nodes', 'pass', `${samples.length} nodes see the same image (${checked} files checked)`);
}

/** Ranks that were seen must be where they should and inside a container; a step too short to be seen proves nothing here. */
function rankFindings(item: Case, ranks: readonly SeenRank[]): readonly Finding[] {
  const { nodes, ranks: wanted } = item.geometry;
  const numbers = new Set(ranks.map((rank) => rank.rank));
  const hosts = new Set(ranks.map((rank) => rank.node));
  const bare = ranks.find(
    (rank) => rank.mountNamespace !== undefined && rank.mountNamespace === rank.hostMountNamespace,
  );
  if (bare) return [finding('container', 'invalid', `rank ${bare.rank} on ${bare.node} ran outside of any container`)];
  if (numbers.size === 0) return [];
  const findings = [finding('container', 'pass', `${numbers.size} of ${wanted} ranks were seen, each in a container`)];
  if (numbers.size === wanted && hosts.size !== nodes)
    findings.push(finding('nodes', 'invalid', `${wanted} ranks were seen on ${hosts.size} nodes, not on ${nodes}`));
  return findings;
}

/** The nodes must offer what preflight, asked before the submission, built on. */
function factsFinding(run: RunDirectory, seen: NodeEvidenceOfAllocation | undefined): Finding | undefined {
  const { mpi } = run.opened;
  if (mpi.choice === 'none') return undefined;
  for (const facts of seen?.facts ?? []) {
    const plugins = factValue(facts, 'mpi', 'plugins');
    if (plugins !== undefined && plugins !== 'none' && !plugins.split(/[\s,]+/).includes(mpi.choice))
      return finding('preflight', 'error', `${facts.node} offers ${plugins}; preflight chose ${mpi.choice}`);
  }
  return undefined;
}
