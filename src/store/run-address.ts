/** What people call a run of the store: its id, the beginning of it, `latest`, `last-accept`, each with `~N` behind. */
import { nearest } from '../base/suggestion.ts';
import { storeRunUnknown } from './errors.ts';

/** What is known of each run to find it. */
export interface AddressedRun {
  readonly id: string;
  readonly outcome: string;
}

/**
 * The place in `runs` (newest first) of the run that an address names. `~N` is the run N places before it in the store;
 * `~N` alone counts from the latest. Throws STORE_RUN_UNKNOWN with what it may have meant; `path` names the store.
 */
export function addressed(runs: readonly AddressedRun[], address: string, path: string): number {
  if (runs.length === 0)
    throw storeRunUnknown(`the store ${path} holds no runs yet`, 'run a suite first, or name another store');
  const [, name = '', back] = /^(.*?)(?:~(\d{1,9}))?$/s.exec(address) ?? [];
  const from = baseOf(runs, name === '' && back !== undefined ? 'latest' : name, path);
  const index = from + Number(back ?? '0');
  if (index < runs.length) return index;
  throw storeRunUnknown(
    `there are only ${runs.length - 1 - from} runs before ${runs[from]?.id ?? name} in ${path}`,
    `the oldest is ${runs.at(-1)?.id ?? ''}`,
  );
}

function baseOf(runs: readonly AddressedRun[], name: string, path: string): number {
  const exact = runs.findIndex((run) => run.id === name);
  if (exact >= 0) return exact;
  if (name === 'latest') return 0;
  const newest = (some: readonly AddressedRun[]) =>
    some
      .slice(0, 5)
      .map((run) => run.id)
      .join(', ');
  if (name === 'last-accept') {
    const accepted = runs.findIndex((run) => run.outcome === 'accepted');
    if (accepted >= 0) return accepted;
    throw storeRunUnknown(`no run in ${path} was accepted`, `name a run by its id; the newest are ${newest(runs)}`);
  }
  const matching = name === '' ? [] : runs.filter((run) => run.id.startsWith(name));
  const [first] = matching;
  if (first && matching.length === 1) return runs.indexOf(first);
  if (first)
    throw storeRunUnknown(
      `"${name}" is the beginning of ${matching.length} runs in ${path}`,
      `write more of it: ${newest(matching)}${matching.length > 5 ? ', …' : ''}`,
    );
  const near = nearest(name, [...runs.map((run) => run.id), 'latest', 'last-accept']);
  throw storeRunUnknown(
    `the store ${path} holds no run "${name}"`,
    near ? `did you mean "${near}"?` : `the newest are ${newest(runs)}; "latest" is the first of them`,
  );
}
