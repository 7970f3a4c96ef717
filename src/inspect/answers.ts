/** What probes share in reading answers: text, small files, facts. */
import type { Fact } from './facts.ts';
import type { NodeAnswer, ProbeRow } from './probe.ts';

/** A known fact as a row. */
export function known(key: string, value: string, source: string): ProbeRow {
  return { key, fact: { value, source } };
}

/** An unknown fact as a row. */
export function unknown(
  key: string,
  reason: 'absent' | 'denied' | 'error' | 'timeout',
  why: string,
  source: string,
): ProbeRow {
  return { key, fact: { unknown: reason, why, source } };
}

/** The answer's text, or undefined when nothing came back. Bytes that are no UTF-8 show as U+FFFD. */
export function textOf(answer: NodeAnswer): string | undefined {
  return answer.kind === 'content' ? Buffer.from(answer.bytes).toString('utf8') : undefined;
}

/** The last line of a text that says anything, cut to what fits a reason. */
function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? '').trim().slice(0, 200);
}

/**
 * One fact from one answer: `pick` finds the value in the text, or gives undefined when it is not there. A command that
 * failed is an error with its last words, unless `anyStatus`.
 */
export function factFrom(
  answer: NodeAnswer,
  pick: (text: string) => string | undefined,
  options: { readonly anyStatus?: boolean } = {},
): Fact {
  if (answer.kind === 'unknown') return { unknown: answer.unknown, why: answer.why, source: answer.source };
  const text = textOf(answer) ?? '';
  const value = answer.status === 0 || options.anyStatus ? pick(text)?.trim() : undefined;
  if (value) return { value, source: answer.source };
  const why =
    answer.status === 0
      ? `the answer of ${answer.source} was not understood: "${lastWords(text)}"`
      : `${answer.source} ended with status ${answer.status}: ${lastWords(text)}`;
  return { unknown: 'error', why, source: answer.source };
}

/** `factFrom` where the absence of the program or file is itself an answer: the value `none`. */
export function factOrNone(
  answer: NodeAnswer,
  pick: (text: string) => string | undefined,
  options: { readonly anyStatus?: boolean } = {},
): Fact {
  const fact = factFrom(answer, pick, options);
  return 'unknown' in fact && fact.unknown === 'absent' ? { value: 'none', source: fact.source } : fact;
}

/** The first line of a text. */
export function firstLine(text: string): string | undefined {
  return text.split('\n', 1)[0];
}

/** The answer of a `small` ask: first lines by path, with what could not be read apart. */
export interface SmallFiles {
  /** Why the whole ask has no answer. */
  readonly missing?: NodeAnswer & { readonly kind: 'unknown' };
  readonly values: ReadonlyMap<string, string>;
  readonly directories: readonly string[];
  readonly denied: readonly string[];
  /** Files that are there but gave nothing: empty, or an error on reading (sysfs says EINVAL for many). */
  readonly empty: readonly string[];
}

/** Reads the lines of a `small` ask (see `ask_small` in the collector). */
export function smallFiles(answer: NodeAnswer): SmallFiles {
  const values = new Map<string, string>();
  const directories: string[] = [];
  const denied: string[] = [];
  const empty: string[] = [];
  if (answer.kind === 'unknown') return { missing: answer, values, directories, denied, empty };
  for (const line of (textOf(answer) ?? '').split('\n')) {
    const rest = line.slice(2);
    const tab = rest.indexOf('\t');
    if (line.startsWith('v ') && tab > 0) values.set(rest.slice(0, tab), rest.slice(tab + 1).trim());
    else if (line.startsWith('n ')) directories.push(rest);
    else if (line.startsWith('d ')) denied.push(rest);
    else if (line.startsWith('e ')) empty.push(rest);
  }
  return { values, directories, denied, empty };
}

/** One small file as a fact: its value, or why it is unknown. */
export function smallFact(files: SmallFiles, path: string): Fact {
  const value = files.values.get(path);
  if (value !== undefined && value !== '') return { value, source: path };
  if (files.missing) return { unknown: files.missing.unknown, why: files.missing.why, source: path };
  if (files.denied.some((place) => path === place || path.startsWith(`${place}/`)))
    return { unknown: 'denied', why: `${path} may not be read by this user`, source: path };
  if (files.empty.includes(path))
    return { unknown: 'error', why: `${path} is empty or fails to be read`, source: path };
  return { unknown: 'absent', why: `there is no ${path}`, source: path };
}

/** `NAME=value` lines, quotes of os-release(5) taken off. */
export function assignments(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line);
    if (match?.[1] !== undefined) found.set(match[1], (match[2] ?? '').trim().replace(/^(["'])(.*)\1$/, '$2'));
  }
  return found;
}

/** The answer of a `programs` ask: where each program is, and whether it runs as its owner. Not there: no entry. */
export interface Place {
  readonly path: string;
  readonly setuid: boolean;
  /** Whether this user may run it. */
  readonly allowed: boolean;
}

/** Reads the lines of a `programs` ask (see `ask_programs` in the collector). */
export function placesOf(answer: NodeAnswer): ReadonlyMap<string, Place> {
  const found = new Map<string, Place>();
  for (const line of (textOf(answer) ?? '').split('\n')) {
    const [name, path, mark] = line.split('\t');
    if (name && path && mark) found.set(name, { path, setuid: mark === 's', allowed: mark !== 'n' });
  }
  return found;
}

/** The answer of a `joined` ask: the paths, and the bytes of their files behind each other. */
export function joinedFiles(answer: NodeAnswer): { readonly paths: readonly string[]; readonly bytes: Uint8Array } {
  if (answer.kind === 'unknown' || answer.status !== 0) return { paths: [], bytes: new Uint8Array() };
  const bytes = Buffer.from(answer.bytes);
  const end = bytes.indexOf('\n\n');
  if (end < 0) return { paths: [], bytes: new Uint8Array() };
  return { paths: bytes.toString('utf8', 0, end).split('\n'), bytes: bytes.subarray(end + 2) };
}

/** `smallFact`, but a file that is not there is the value `none` when `seen` says that its file system can be seen. */
export function smallFactOrNone(files: SmallFiles, path: string, seen: boolean): Fact {
  const fact = smallFact(files, path);
  return seen && 'unknown' in fact && fact.unknown === 'absent' ? { value: 'none', source: path } : fact;
}

/** A fact with its value rewritten; undefined from `rewrite` means that it was not understood. */
export function mapFact(fact: Fact, rewrite: (value: string) => string | undefined): Fact {
  if ('unknown' in fact || fact.value === 'none') return fact;
  const value = rewrite(fact.value);
  if (value !== undefined) return { value, source: fact.source };
  return { unknown: 'error', why: `not understood: "${fact.value.slice(0, 200)}"`, source: fact.source };
}
