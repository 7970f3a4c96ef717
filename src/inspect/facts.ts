/** What was read from one host. Unknown is a value with a reason; nothing is guessed. */

/** Why a fact is not known. */
export type UnknownWhy = 'absent' | 'denied' | 'error' | 'timeout';

/** One thing read from a host, with the file or command it came from. Values are text, as read. */
export type Fact =
  | { readonly value: string; readonly source: string }
  | { readonly unknown: UnknownWhy; readonly why: string; readonly source: string };

/** All facts of one node: group, then key. */
export interface Facts {
  /** The node's name: Slurm's (SLURMD_NODENAME) inside a step, else its own for itself (uname -n). */
  readonly node: string;
  readonly groups: Readonly<Record<string, Readonly<Record<string, Fact>>>>;
}

/** The value of a fact, or undefined when it is unknown or was not asked for. */
export function factValue(facts: Facts, group: string, key: string): string | undefined {
  const fact = facts.groups[group]?.[key];
  return fact && 'value' in fact ? fact.value : undefined;
}
