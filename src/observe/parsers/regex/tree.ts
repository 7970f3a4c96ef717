/**
 * The regular expressions of suites as trees. The language is the common part of JavaScript's: literals, `.`, classes,
 * `\d \w \s` and their negations, `^ $ \b \B`, groups, `(?<value>…)`, `(?<unit>…)`, `|`, and the quantifiers
 * `* + ? {m,n}` with their lazy forms. No lookaround and no references back: they cannot be had in linear time.
 * One difference: JavaScript takes back a round of a repetition that matched nothing, such as in `(a??)?`; here it counts.
 */
import { classes, controls, positive, single, type Units } from './units.ts';

/** Where a match stands, without reading a character. */
export type Anchor = 'start' | 'end' | 'boundary' | 'inside';

/** A part of a pattern. Slots: 0 and 1 hold where the group `value` begins and ends, 2 and 3 the group `unit`. */
export type Node =
  | { readonly kind: 'one'; readonly units: Units }
  | { readonly kind: 'assert'; readonly what: Anchor }
  | { readonly kind: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly kind: 'choice'; readonly nodes: readonly Node[] }
  | { readonly kind: 'group'; readonly slot: number; readonly node: Node }
  | {
      readonly kind: 'repeat';
      readonly node: Node;
      readonly least: number;
      readonly most: number;
      readonly greedy: boolean;
    };

const deepest = 50;

/** Thrown for a pattern that cannot be read, and caught where patterns are compiled. */
export class PatternError extends Error {}

/** Reads a pattern; throws PatternError. */
export function readTree(text: string): { readonly node: Node; readonly groups: readonly string[] } {
  const groups: string[] = [];
  let at = 0;
  let depth = 0;
  const fail = (why: string): never => {
    throw new PatternError(`${why} (character ${at + 1} of the pattern)`);
  };
  const take = (expected: string): boolean => {
    if (!text.startsWith(expected, at)) return false;
    at += expected.length;
    return true;
  };
  const choice = (): Node => {
    depth += 1;
    if (depth > deepest) fail(`groups are nested deeper than ${deepest}`);
    const nodes = [sequence()];
    while (take('|')) nodes.push(sequence());
    depth -= 1;
    return nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'choice', nodes };
  };
  const sequence = (): Node => {
    const nodes: Node[] = [];
    while (at < text.length && text[at] !== '|' && text[at] !== ')') nodes.push(quantified());
    return { kind: 'sequence', nodes };
  };
  const quantified = (): Node => {
    const node = atom();
    const bounds = quantifier();
    if (!bounds) return node;
    if (node.kind === 'assert') return fail('an anchor cannot be repeated');
    const greedy = !take('?');
    if (quantifier()) fail('a quantifier follows a quantifier');
    return { kind: 'repeat', node, least: bounds[0], most: bounds[1], greedy };
  };
  const quantifier = (): readonly [number, number] | undefined => {
    if (take('*')) return [0, Number.POSITIVE_INFINITY];
    if (take('+')) return [1, Number.POSITIVE_INFINITY];
    if (take('?')) return [0, 1];
    if (text[at] !== '{') return undefined;
    const match = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(text.slice(at));
    if (!match) return fail('"{" must begin a quantifier such as {2} or {2,5}; write \\{ for the character');
    at += match[0].length;
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (most < least) fail('a quantifier counts down');
    return [least, most];
  };
  const atom = (): Node => {
    if (take('^')) return { kind: 'assert', what: 'start' };
    if (take('$')) return { kind: 'assert', what: 'end' };
    if (take('(')) return group();
    if (take('[')) return { kind: 'one', units: characterClass() };
    if (take('.'))
      return {
        kind: 'one',
        units: {
          ranges: [
            [10, 10],
            [13, 13],
            [0x2028, 0x2029],
          ],
          negated: true,
        },
      };
    if (take('\\')) {
      if (take('b')) return { kind: 'assert', what: 'boundary' };
      if (take('B')) return { kind: 'assert', what: 'inside' };
      const escaped = afterBackslash();
      return { kind: 'one', units: typeof escaped === 'number' ? single(escaped) : escaped };
    }
    if ('*+?{'.includes(text[at] ?? '')) return fail('there is nothing to repeat');
    if (']}'.includes(text[at] ?? '')) return fail(`write \\${text[at]} for the character`);
    return { kind: 'one', units: single(plain()) };
  };
  const plain = (): number => {
    const unit = text.charCodeAt(at);
    if (Number.isNaN(unit)) return fail('the pattern ends too early');
    if (unit >= 0xd800 && unit <= 0xdfff) return fail('characters beyond U+FFFF cannot be used');
    at += 1;
    return unit;
  };
  const group = (): Node => {
    let slot: number | undefined;
    if (take('?')) {
      if (take('<')) {
        const name = /^([A-Za-z]\w*)>/.exec(text.slice(at))?.[1];
        if (name !== 'value' && name !== 'unit')
          return fail('groups can be named "value" and "unit" only, and there is no lookbehind');
        if (groups.includes(name)) return fail(`there are two groups "${name}"`);
        groups.push(name);
        at += name.length + 1;
        slot = name === 'value' ? 0 : 2;
      } else if (!take(':')) return fail('lookahead and flags cannot be used');
    }
    const node = choice();
    if (!take(')')) return fail('a group is not closed');
    return slot === undefined ? node : { kind: 'group', slot, node };
  };
  const afterBackslash = (): number | Units => {
    const letter = text[at] ?? '';
    const known = classes[letter.toLowerCase()];
    const control = controls[letter];
    if (known) {
      at += 1;
      return { ranges: known.ranges, negated: letter !== letter.toLowerCase() };
    }
    if (control !== undefined) {
      at += 1;
      return control;
    }
    if (/^[\w]$/.test(letter)) return fail(`"\\${letter}" is not known here`);
    return plain();
  };
  const characterClass = (): Units => {
    const negated = take('^');
    const ranges: (readonly [number, number])[] = [];
    while (!take(']')) {
      if (at >= text.length) fail('a character class is not closed');
      const from = member();
      if (typeof from !== 'number') {
        ranges.push(...positive(from));
        continue;
      }
      if (text[at] === '-' && text[at + 1] !== ']' && at + 1 < text.length) {
        at += 1;
        const to = member();
        if (typeof to !== 'number' || to < from) return fail('a range of a character class is out of order');
        ranges.push([from, to]);
      } else ranges.push([from, from]);
    }
    return { ranges, negated };
  };
  const member = (): number | Units => {
    if (!take('\\')) return plain();
    if (take('b')) return 8;
    if (take('-')) return 45;
    return afterBackslash();
  };
  const node = choice();
  if (at < text.length) fail('")" closes no group');
  return { node, groups };
}
