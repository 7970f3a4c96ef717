/**
 * Regular expressions that suites write, read into a program whose search takes time linear in the text (Thompson,
 * CACM 11(6) 1968; Pike's machine as in https://swtch.com/~rsc/regexp/regexp2.html). JavaScript's own engine
 * backtracks: `(a+)+b` on a long line of a hostile output would never end.
 *
 * The language is the common part of JavaScript's: literals, `.`, classes, `\d \w \s` and their negations, `^ $ \b \B`,
 * groups, `(?<value>…)`, `(?<unit>…)`, `|`, and the quantifiers `* + ? {m,n}` with their lazy forms. No lookaround and
 * no references back: those cannot be had in linear time.
 */

/** A set of UTF-16 code units: pairs of first and last. */
export interface Units {
  readonly ranges: readonly (readonly [number, number])[];
  readonly negated: boolean;
}

/** One instruction; `to` and `or` are indices, `to` is preferred. Slots: 0, 1 value; 2, 3 unit. */
export type Instruction =
  | { readonly op: 'one'; readonly units: Units }
  | { readonly op: 'split'; readonly to: number; readonly or: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assert'; readonly what: 'start' | 'end' | 'boundary' | 'inside' }
  | { readonly op: 'match' };

/** A pattern ready to search lines. */
export interface Pattern {
  readonly program: readonly Instruction[];
  /** True when a match can only begin at the line's start. */
  readonly anchored: boolean;
  readonly groups: readonly string[];
}

/** The pattern, or what is wrong with it. */
export type PatternResult = { readonly ok: Pattern } | { readonly why: string };

type Node =
  | { readonly kind: 'one'; readonly units: Units }
  | { readonly kind: 'assert'; readonly what: 'start' | 'end' | 'boundary' | 'inside' }
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

const longest = 500;
const largestProgram = 2000;
const deepest = 50;

const digits: Units = { ranges: [[48, 57]], negated: false };
const words: Units = {
  ranges: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  negated: false,
};
// ECMA-262 22.2.2.9: WhiteSpace and LineTerminator.
const spaces: Units = {
  ranges: [
    [9, 13],
    [32, 32],
    [160, 160],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
    [0x2028, 0x2029],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
    [0xfeff, 0xfeff],
  ],
  negated: false,
};
const classes: Readonly<Record<string, Units>> = { d: digits, w: words, s: spaces };
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };

/** Thrown inside this file only. */
class PatternError extends Error {}

/** Reads a pattern of at most 500 characters. */
export function compilePattern(text: string): PatternResult {
  if (text.length > longest) return { why: `the pattern is longer than ${longest} characters` };
  try {
    const reader = readerOf(text);
    const node = reader.read();
    const program: Instruction[] = [];
    emit(node, program);
    program.push({ op: 'match' });
    return { ok: { program, anchored: startsAnchored(node), groups: reader.groups } };
  } catch (error) {
    if (error instanceof PatternError) return { why: error.message };
    throw error;
  }
}

function readerOf(text: string): { read: () => Node; groups: readonly string[] } {
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
  return {
    groups,
    read: () => {
      const node = choice();
      if (at < text.length) fail('")" closes no group');
      return node;
    },
  };
}

function single(unit: number): Units {
  return { ranges: [[unit, unit]], negated: false };
}

/** The same set without negation. */
function positive(units: Units): readonly (readonly [number, number])[] {
  if (!units.negated) return units.ranges;
  const ranges: (readonly [number, number])[] = [];
  let from = 0;
  for (const [first, last] of units.ranges) {
    if (first > from) ranges.push([from, first - 1]);
    from = last + 1;
  }
  return [...ranges, [from, 0xffff]];
}

function startsAnchored(node: Node): boolean {
  switch (node.kind) {
    case 'assert':
      return node.what === 'start';
    case 'sequence':
      return node.nodes[0] !== undefined && startsAnchored(node.nodes[0]);
    case 'choice':
      return node.nodes.every(startsAnchored);
    case 'group':
      return startsAnchored(node.node);
    default:
      return false;
  }
}

function emit(node: Node, program: Instruction[]): void {
  if (program.length > largestProgram)
    throw new PatternError(`the pattern with its counted repetitions is larger than ${largestProgram} steps`);
  switch (node.kind) {
    case 'one':
      program.push({ op: 'one', units: node.units });
      return;
    case 'assert':
      program.push({ op: 'assert', what: node.what });
      return;
    case 'sequence':
      for (const part of node.nodes) emit(part, program);
      return;
    case 'group':
      program.push({ op: 'save', slot: node.slot });
      emit(node.node, program);
      program.push({ op: 'save', slot: node.slot + 1 });
      return;
    case 'choice':
      emitChoice(node.nodes, program);
      return;
    case 'repeat': {
      for (let count = 0; count < node.least; count += 1) emit(node.node, program);
      if (node.most === Number.POSITIVE_INFINITY) emitLoop(node.node, node.greedy, program);
      else for (let count = node.least; count < node.most; count += 1) emitOptional(node.node, node.greedy, program);
    }
  }
}

function emitChoice(nodes: readonly Node[], program: Instruction[]): void {
  const jumps: number[] = [];
  for (const [index, part] of nodes.entries()) {
    if (index === nodes.length - 1) {
      emit(part, program);
      break;
    }
    const split = program.length;
    program.push({ op: 'match' });
    emit(part, program);
    jumps.push(program.length);
    program.push({ op: 'match' });
    program[split] = { op: 'split', to: split + 1, or: program.length };
  }
  for (const jump of jumps) program[jump] = { op: 'jump', to: program.length };
}

function emitLoop(node: Node, greedy: boolean, program: Instruction[]): void {
  const split = program.length;
  program.push({ op: 'match' });
  emit(node, program);
  program.push({ op: 'jump', to: split });
  program[split] = branch(split + 1, program.length, greedy);
}

function emitOptional(node: Node, greedy: boolean, program: Instruction[]): void {
  const split = program.length;
  program.push({ op: 'match' });
  emit(node, program);
  program[split] = branch(split + 1, program.length, greedy);
}

function branch(into: number, past: number, greedy: boolean): Instruction {
  return greedy ? { op: 'split', to: into, or: past } : { op: 'split', to: past, or: into };
}
