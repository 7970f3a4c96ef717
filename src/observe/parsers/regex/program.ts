/**
 * Patterns as programs whose search takes time linear in the text (Thompson, CACM 11(6) 1968; Pike's machine as in
 * https://swtch.com/~rsc/regexp/regexp2.html). JavaScript's own engine backtracks: `(a+)+b` on a long line of a hostile
 * output would never end.
 */
import { type Anchor, type Node, PatternError, readTree } from './tree.ts';
import type { Units } from './units.ts';

/** One instruction; `to` and `or` are indices, `to` is preferred. */
export type Instruction =
  | { readonly op: 'one'; readonly units: Units }
  | { readonly op: 'split'; readonly to: number; readonly or: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assert'; readonly what: Anchor }
  | { readonly op: 'match' };

/** A pattern ready to search lines. */
export interface Pattern {
  readonly program: readonly Instruction[];
  /** True when a match can only begin at the line's start. */
  readonly anchored: boolean;
  /** The sets of which one must hold for the first code unit of a match; absent when a match may be empty. */
  readonly first?: readonly Units[];
  readonly groups: readonly string[];
}

/** The pattern, or what is wrong with it. */
export type PatternResult = { readonly ok: Pattern } | { readonly why: string };

const longest = 500;
const largestProgram = 2000;

/** A program while it is written. `parts` counts what was visited: empty parts can be repeated, too. */
interface Writer {
  readonly program: Instruction[];
  parts: number;
}

/** Reads a pattern of at most 500 characters. */
export function compilePattern(text: string): PatternResult {
  if (text.length > longest) return { why: `the pattern is longer than ${longest} characters` };
  try {
    const { node, groups } = readTree(text);
    const writer: Writer = { program: [], parts: 0 };
    emit(node, writer);
    writer.program.push({ op: 'match' });
    const first = firstUnits(writer.program);
    return { ok: { program: writer.program, anchored: startsAnchored(node), ...(first && { first }), groups } };
  } catch (error) {
    if (error instanceof PatternError) return { why: error.message };
    throw error;
  }
}

function firstUnits(program: readonly Instruction[]): readonly Units[] | undefined {
  const first: Units[] = [];
  const seen = new Set<number>();
  const stack = [0];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const instruction = program[at];
    if (instruction?.op === 'match') return undefined;
    if (instruction?.op === 'one') first.push(instruction.units);
    else if (instruction?.op === 'split') stack.push(instruction.to, instruction.or);
    else if (instruction?.op === 'jump') stack.push(instruction.to);
    else stack.push(at + 1);
  }
  return first;
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

function emit(node: Node, writer: Writer): void {
  const { program } = writer;
  writer.parts += 1;
  if (writer.parts > 10 * largestProgram || program.length > largestProgram)
    throw new PatternError(`the pattern with its counted repetitions is larger than ${largestProgram} steps`);
  switch (node.kind) {
    case 'one':
      program.push({ op: 'one', units: node.units });
      return;
    case 'assert':
      program.push({ op: 'assert', what: node.what });
      return;
    case 'sequence':
      for (const part of node.nodes) emit(part, writer);
      return;
    case 'group':
      program.push({ op: 'save', slot: node.slot });
      emit(node.node, writer);
      program.push({ op: 'save', slot: node.slot + 1 });
      return;
    case 'choice':
      emitChoice(node.nodes, writer);
      return;
    case 'repeat': {
      for (let count = 0; count < node.least; count += 1) emit(node.node, writer);
      if (node.most === Number.POSITIVE_INFINITY) emitLoop(node.node, node.greedy, writer);
      else for (let count = node.least; count < node.most; count += 1) emitOptional(node.node, node.greedy, writer);
    }
  }
}

function emitChoice(nodes: readonly Node[], writer: Writer): void {
  const { program } = writer;
  const jumps: number[] = [];
  for (const [index, part] of nodes.entries()) {
    if (index === nodes.length - 1) {
      emit(part, writer);
      break;
    }
    const split = program.length;
    program.push({ op: 'match' });
    emit(part, writer);
    jumps.push(program.length);
    program.push({ op: 'match' });
    program[split] = { op: 'split', to: split + 1, or: program.length };
  }
  for (const jump of jumps) program[jump] = { op: 'jump', to: program.length };
}

function emitLoop(node: Node, greedy: boolean, writer: Writer): void {
  const { program } = writer;
  const split = program.length;
  program.push({ op: 'match' });
  emit(node, writer);
  program.push({ op: 'jump', to: split });
  program[split] = branch(split + 1, program.length, greedy);
}

function emitOptional(node: Node, greedy: boolean, writer: Writer): void {
  const { program } = writer;
  const split = program.length;
  program.push({ op: 'match' });
  emit(node, writer);
  program[split] = branch(split + 1, program.length, greedy);
}

function branch(into: number, past: number, greedy: boolean): Instruction {
  return greedy ? { op: 'split', to: into, or: past } : { op: 'split', to: past, or: into };
}
