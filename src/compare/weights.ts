/** How much each kind of cause counts when causes are ranked. The order is a judgement, and this table is all of it. */

/**
 * The kinds of causes, the likeliest to explain an effect first. What the program is made of comes before how it was
 * started, that before where it ran, and digests that only say "something in here differs" come last: whatever differs
 * in it has a row of its own above.
 */
export const weights = {
  /** The image's digest or architecture: another program altogether. */
  image: 100,
  /** The suite's digest: another test altogether. */
  suite: 97,
  /** The MPI of the image, `--mpi`, and what the host offers to it. */
  mpi: 95,
  layer: 90,
  package: 85,
  /** Variables of the launch. */
  environment: 80,
  /** What the site mounts into the container. */
  mount: 78,
  kernel: 75,
  gpu: 72,
  fabric: 71,
  module: 70,
  /** Nodes, partition, account, scheduler and runtime. */
  placement: 65,
  /** Libraries that ranks had loaded. With another image they follow from it; alone they come from the host. */
  library: 60,
  hardware: 55,
  /** The container tools and limits of the host. */
  container: 50,
  /** Everything else that a probe reads. */
  host: 45,
  /** A launch that differs in what no other row says: the words of its command, its files or its launcher. */
  launch: 40,
  /** The site file's digest. */
  site: 20,
  /** The Assay and the user that ran it. */
  run: 10,
} as const;

/** A kind of cause. */
export type CauseKind = keyof typeof weights;

/** Names that stand for the rest of their kind, and so come before it. */
const leading: ReadonlySet<string> = new Set(['kernel.release', 'nodes', 'digest']);

/** The weight of a cause; `across` says that it was seen between different nodes, so that it may follow from these. */
export function weightOf(kind: CauseKind, name: string, across = false): number {
  const weight = weights[kind] + (leading.has(name) ? 0.5 : 0);
  return across ? Math.min(weight, weights.placement - 1) : weight;
}
