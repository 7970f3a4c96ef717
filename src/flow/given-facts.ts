/** Facts to judge a start by: those of a file, or this host's own. */
import type { Facts } from '../inspect/facts.ts';
import { localFacts } from '../inspect/local.ts';
import type { System } from '../system/system.ts';
import { readFactsFile } from './facts-file.ts';

/** The facts of a file as `assay inspect --json` writes it, or of this host when none is named. FLOW_FACTS_INVALID. */
export async function givenFacts(system: System, file: string | undefined): Promise<readonly Facts[]> {
  return file === undefined ? [await localFacts(system)] : readFactsFile(system, file);
}
