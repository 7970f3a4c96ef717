/** Files of facts, as `assay inspect --json` writes them. */
import { messageOf } from '../base/error.ts';
import type { Facts } from '../inspect/facts.ts';
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
  return nodes as readonly Facts[];
}

function isFacts(value: unknown): value is Facts {
  const { node, groups } = (value ?? {}) as Partial<Facts>;
  if (typeof node !== 'string' || typeof groups !== 'object' || groups === null) return false;
  return Object.values(groups).every((rows) => {
    const facts: readonly unknown[] = typeof rows === 'object' && rows !== null ? Object.values(rows) : [undefined];
    return facts.every((fact) => typeof fact === 'object' && fact !== null && ('value' in fact || 'unknown' in fact));
  });
}
