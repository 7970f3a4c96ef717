/** YAML with positions: the one import site of `yaml`. */
import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
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
  const counter = new LineCounter();
  const lines = text.split('\n');
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const rangeOf = (from: number, to: number): SourceRange => {
    const start = counter.linePos(Math.min(from, text.length));
    const end = counter.linePos(Math.min(Math.max(to, from), text.length));
    const line = (lines[start.line - 1] ?? '').replace(/\r$/, '');
    const endColumn = end.line === start.line ? end.col : line.length + 1;
    return { file, line: start.line, column: start.col, endColumn: Math.max(endColumn, start.col + 1), text: line };
  };
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map((error) => ({
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
