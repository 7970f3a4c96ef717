/** `assay uniform`: are these nodes alike, and which one stands out in what? */

import { basename } from 'node:path';
import { type Uniformity, uniformityOf } from '../inspect/comparison/uniformity.ts';
import type { Facts } from '../inspect/facts.ts';
import { probes } from '../inspect/probes/index.ts';
import type { System } from '../system/system.ts';
import { readFactsFile } from './facts-file.ts';
import { type InspectRequest, inspect } from './inspect.ts';

/** Files of facts, or nodes to ask now. */
export interface UniformRequest extends InspectRequest {
  readonly files: readonly string[];
}

/** Compares all nodes of all files, or of an allocation made for it. */
export async function uniform(system: System, request: UniformRequest, signal: AbortSignal): Promise<Uniformity> {
  if (request.files.length === 0) return uniformityOf((await inspect(system, request, signal)).nodes, probes);
  const read: (readonly Facts[])[] = [];
  for (const file of request.files) read.push(await readFactsFile(system, file));
  const names = read.flat().map((facts) => facts.node);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  const short = request.files.map((file) => basename(file, '.json'));
  const labels = new Set(short).size === short.length ? short : request.files;
  // Nodes of two sites, or of one on two days, may have one name.
  const named = read.flatMap((nodes, index) =>
    nodes.map((facts) => (twice.has(facts.node) ? { ...facts, node: `${labels[index]}:${facts.node}` } : facts)),
  );
  return uniformityOf(named, probes);
}
