/** Files of facts, as `assay inspect --json` writes them. */
import { messageOf } from '../base/error.ts';
import type { Facts, UnknownWhy } from '../inspect/facts.ts';
import type { System } from '../system/system.ts';
import { factsFileInvalid } from './errors.ts';

/** The nodes of a file of facts; FACTS_FILE_INVALID when it is none. */
export async function readFactsFile(system: System, path: string): Promise<readonly Facts[]> {
  const hint = 'give the output of: assay inspect --json';
  const text = await system.files.readTextIfThere(path);
  if (text === undefined) throw factsFileInvalid(`there is no file of facts at ${path}`, hint);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw factsFileInvalid(`${path} is not JSON: ${messageOf(error)}`, hint, { cause: error });
  }
  const nodes = (value as { readonly nodes?: unknown } | null)?.nodes;
  if (!Array.isArray(nodes) || nodes.length === 0) throw factsFileInvalid(`${path} holds no facts of nodes`, hint);
  const bad = nodes.findIndex((node) => !isFacts(node));
  if (bad >= 0) throw factsFileInvalid(`${path}: number ${bad + 1} of its nodes holds no facts`, hint);
  const names = (nodes as readonly Facts[]).map(({ node }) => node);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw factsFileInvalid(`${path} holds the node ${twice} twice`, hint);
  return nodes as readonly Facts[];
}

const reasons: ReadonlySet<unknown> = new Set<UnknownWhy>(['absent', 'denied', 'error', 'timeout']);

function isFacts(value: unknown): value is Facts {
  const { node, groups } = membersOf(value) ?? {};
  if (typeof node !== 'string' || node === '') return false;
  return Object.values(membersOf(groups) ?? { none: undefined }).every((rows) => {
    return Object.values(membersOf(rows) ?? { none: undefined }).every(isFact);
  });
}

/** A fact has a value or a reason why not, and always its source: texts. */
function isFact(fact: unknown): boolean {
  const { value, unknown, why, source } = membersOf(fact) ?? {};
  if (typeof source !== 'string' || (value === undefined) === (unknown === undefined)) return false;
  return value === undefined ? reasons.has(unknown) && typeof why === 'string' : typeof value === 'string';
}

/** The members of an object; undefined for anything else. */
function membersOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
