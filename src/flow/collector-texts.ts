/** The texts that every allocation of a run carries: the collector, and the files that each node checks. */
import { loadCollectorTemplates, renderCollector } from '../inspect/collector.ts';
import { probes } from '../inspect/probes/index.ts';
import type { Opened } from '../run/event.ts';
import { partitionOf } from '../site/place.ts';
import type { System } from '../system/system.ts';
import { manifestBeside } from './inspect-tree.ts';
import type { OpenSite } from './open-site.ts';
import { sampleList } from './sample-tree.ts';

/** Renders them; the same run gives the same bytes. */
export async function collectorTexts(
  system: System,
  opened: Opened,
  site: OpenSite,
): Promise<{ readonly collector: string; readonly sample: string }> {
  const tree = await manifestBeside(system, opened.tree.root);
  const { timeLimitSeconds, mounts } = partitionOf(site.site, opened.partition);
  const collector = renderCollector(await loadCollectorTemplates(system.files), {
    nonce: opened.nonce,
    probes,
    ranksLimitSeconds: timeLimitSeconds,
    mounts,
  });
  return { collector, sample: tree ? sampleList(tree, opened.image, opened.nonce) : '' };
}
