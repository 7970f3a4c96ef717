/** Where a case can run. */
import type { Case } from '../suite/suite.ts';
import { partitionUnknown } from './errors.ts';
import type { Partition, Site } from './site.ts';

/** A case on a partition, or the reason why it is on none. */
export type Placement =
  | { readonly case: Case; readonly partition: Partition }
  | { readonly case: Case; readonly skip: string };

/** The partition of that name, or the site's default one; throws SITE_PARTITION_UNKNOWN. */
export function partitionOf(site: Site, name?: string): Partition {
  const wanted = name ?? site.defaultPartition;
  const found = site.partitions.find((partition) => partition.name === wanted);
  if (!found)
    throw partitionUnknown(
      `the site ${site.name} has no partition "${wanted}"`,
      `use one of: ${site.partitions.map((partition) => partition.name).join(', ')}`,
    );
  return found;
}

/** Places one case on a partition, or says why it cannot be there. */
export function place(item: Case, partition: Partition): Placement {
  const { nodes, ranks, threads } = item.geometry;
  if (nodes > partition.nodes)
    return { case: item, skip: `needs ${nodes} nodes; partition ${partition.name} gives ${partition.nodes}` };
  const perNode = (ranks / nodes) * threads;
  if (perNode > partition.processors)
    return {
      case: item,
      skip: `needs ${perNode} processors a node; partition ${partition.name} has ${partition.processors}`,
    };
  return { case: item, partition };
}
