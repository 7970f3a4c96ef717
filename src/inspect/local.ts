/** Facts of this host: the same collector as on a compute node, run here, with the inventory of the machine beside it. */
import { randomBytes } from 'node:crypto';
import { argv } from '../base/argv.ts';
import type { Inventory } from '../system/inventory.ts';
import type { System } from '../system/system.ts';
import { loadCollectorTemplates, renderCollector } from './collector.ts';
import { collectorFailed } from './errors.ts';
import type { Fact, Facts } from './facts.ts';
import { readFrames } from './frames.ts';
import { probes } from './probes/index.ts';
import { readFacts } from './read-collected.ts';

/** What an inspection of this host may be told. */
export interface LocalOptions {
  /** Reads the machine's inventory; without it the group `inventory` is left out. */
  readonly inventory?: () => Promise<Inventory>;
  /** Whether tools that take their time are asked too. */
  readonly slow?: boolean;
  /** Seconds for the whole collection. Every ask has its own, shorter limit. */
  readonly limitSeconds?: number;
}

/** Facts of the host Assay runs on. Throws INSPECT_COLLECTOR_FAILED when its shell cannot run the collector at all. */
export async function localFacts(system: System, options: LocalOptions = {}): Promise<Facts> {
  const nonce = randomBytes(16).toString('hex');
  const script = renderCollector(await loadCollectorTemplates(system.files), { nonce, probes, ranksLimitSeconds: 1 });
  const answer = await system.exec(argv('sh', '-s', '--', '-', 'facts', ...(options.slow ? ['slow'] : [])), {
    environment: definedOnly(system.environment.variables),
    limitSeconds: options.limitSeconds ?? 60,
    input: script,
  });
  if (readFrames(answer.stdout, nonce).node === undefined) {
    const said = answer.stderr.trim().split('\n').at(-1) ?? '';
    const why = answer.timedOut ? 'it did not end in time' : said || `it ended with status ${answer.status}`;
    throw collectorFailed(
      `the collector gave no answer: ${why}`,
      answer.absent
        ? 'a POSIX shell named sh must be on PATH'
        : 'see that /tmp or TMPDIR can be written and has room, then try again',
    );
  }
  const facts = readFacts(answer.stdout, { nonce, probes, ...(options.slow && { slow: true }) });
  const inventory = options.inventory && (await inventoryGroup(options.inventory));
  return inventory ? { node: facts.node, groups: { ...facts.groups, inventory } } : facts;
}

function definedOnly(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

async function inventoryGroup(read: () => Promise<Inventory>): Promise<Readonly<Record<string, Fact>>> {
  const source = 'systeminformation';
  const rows = Object.entries(await read());
  return Object.fromEntries(
    rows.map(([key, value]): [string, Fact] => [
      key,
      value === '' ? { unknown: 'absent', why: 'this machine does not say', source } : { value, source },
    ]),
  );
}
