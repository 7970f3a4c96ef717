/** YAML with positions: the one import site of `yaml`. */
import { isMap, isPair, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import type { Diagnostic, SourceRange } from './diagnostic.ts';

/** A path into a value: member names and array indices. */
export type Pointer = readonly (string | number)[];

/** A parsed file that can say where each of its values and keys stands. */
export interface YamlSource {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  /** Where the value (or, with `key`, the name of the member) at a path stands; the nearest enclosing place if none. */
  locate(pointer: Pointer, what?: 'value' | 'key'): SourceRange;
}

/** Result of reading YAML: the source, or what is wrong with it. */
export type YamlResult = { readonly ok: YamlSource } | { readonly problems: readonly Diagnostic[] };

/** Parses one YAML 1.2 document. Aliases are expanded at most 100 times; duplicate keys are problems. */
export function parseYaml(text: string, file: string): YamlResult {
  const lines = text.split('\n');
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  // Not the library's LineCounter: it loses count of lines where a document has errors in its middle.
  const starts: number[] = [0];
  for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length + 1);
  const rangeOf = (from: number, to: number): SourceRange => {
    const at = Math.min(from, text.length);
    const start = lastNotAbove(starts, at, lines.length);
    const end = Math.min(Math.max(to, from), text.length);
    const line = (lines[start] ?? '').replace(/\r$/, '');
    const column = at - (starts[start] ?? 0) + 1;
    const endColumn = Math.min(end - (starts[start] ?? 0), line.length) + 1;
    return { file, line: start + 1, column, endColumn: Math.max(endColumn, column + 1), text: line };
  };
  if (document.errors.length > 0) {
    return {
      // One mistake may make hundreds of what follows.
      problems: document.errors.slice(0, mostErrors).map((error) => ({
        severity: 'error',
        message: `not valid YAML: ${error.message.split('\n')[0]}`,
        at: rangeOf(error.pos[0], error.pos[1]),
      })),
    };
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return {
      ok: {
        file,
        text,
        value,
        locate: (pointer, what) => locate(document.contents, pointer, what ?? 'value', rangeOf),
      },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { problems: [{ severity: 'error', message: `not valid YAML: ${message}`, at: rangeOf(0, 1) }] };
  }
}

/** Errors of one file that are told. */
const mostErrors = 5;

/** Index of the last of the first `count` numbers that is not above a value; they rise, and the first is 0. */
function lastNotAbove(numbers: readonly number[], value: number, count: number): number {
  let [least, most] = [0, count - 1];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if ((numbers[middle] ?? 0) <= value) least = middle;
    else most = middle - 1;
  }
  return least;
}

function locate(
  root: Node | null,
  pointer: Pointer,
  what: 'value' | 'key',
  rangeOf: (from: number, to: number) => SourceRange,
): SourceRange {
  let node: unknown = root;
  let range = root?.range ? rangeOf(root.range[0], root.range[0] + 1) : rangeOf(0, 1);
  for (const [depth, step] of pointer.entries()) {
    const last = depth === pointer.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (!pair) return range;
      const key = isScalar(pair.key) ? pair.key.range : undefined;
      if (key) range = rangeOf(key[0], key[1]);
      node = pair.value;
      if (last && what === 'key') return range;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
    } else {
      return range;
    }
    const found = (node as Node | null)?.range;
    if (found && found[1] > found[0]) range = rangeOf(found[0], found[1]);
  }
  return range;
}
