/** Searching lines with a compiled pattern, in time linear in the text. */
import type { Instruction, Pattern, Units } from './pattern.ts';

/** What the named groups of the leftmost match caught. */
export interface Caught {
  readonly value?: string | undefined;
  readonly unit?: string | undefined;
}

/** How many steps searches may still take; shared over the lines of one text so that the whole has an end. */
export interface Budget {
  steps: number;
}

type Slots = readonly (number | undefined)[];

interface Thread {
  readonly at: number;
  readonly slots: Slots;
}

/** The leftmost match in a line, with the same preference as JavaScript's; `spent` when the budget ran out first. */
export function searchLine(pattern: Pattern, line: string, budget: Budget): Caught | 'none' | 'spent' {
  const { program } = pattern;
  const seen = new Int32Array(program.length).fill(-1);
  let threads: Thread[] = [];
  let best: Slots | undefined;
  for (let place = 0; place <= line.length; place += 1) {
    if (!best && (place === 0 || !pattern.anchored)) enter(program, line, place, 0, [], threads, seen, budget);
    if (threads.length === 0 && (best || pattern.anchored)) break;
    const next: Thread[] = [];
    for (const thread of threads) {
      const instruction = program[thread.at];
      if (instruction?.op === 'match') {
        best = thread.slots;
        break;
      }
      if (instruction?.op !== 'one' || place >= line.length) continue;
      if (holds(instruction.units, line.charCodeAt(place)))
        enter(program, line, place + 1, thread.at + 1, thread.slots, next, seen, budget);
    }
    if (budget.steps <= 0) return 'spent';
    threads = next;
  }
  if (!best) return 'none';
  return { value: cut(line, best[0], best[1]), unit: cut(line, best[2], best[3]) };
}

function cut(line: string, from: number | undefined, to: number | undefined): string | undefined {
  return from === undefined || to === undefined ? undefined : line.slice(from, to);
}

/**
 * Adds the threads that reach an instruction without reading: depth first, so that their order is their preference.
 * `seen` holds, by instruction, the last place at which it was entered: twice at one place adds nothing.
 */
function enter(
  program: readonly Instruction[],
  line: string,
  place: number,
  start: number,
  slots: Slots,
  threads: Thread[],
  seen: Int32Array,
  budget: Budget,
): void {
  const stack: Thread[] = [{ at: start, slots }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    budget.steps -= 1;
    if (seen[top.at] === place) continue;
    seen[top.at] = place;
    const instruction = program[top.at];
    switch (instruction?.op) {
      case 'split':
        stack.push({ at: instruction.or, slots: top.slots }, { at: instruction.to, slots: top.slots });
        break;
      case 'jump':
        stack.push({ at: instruction.to, slots: top.slots });
        break;
      case 'save':
        stack.push({ at: top.at + 1, slots: Object.assign([...top.slots], { [instruction.slot]: place }) });
        break;
      case 'assert':
        if (stands(instruction.what, line, place)) stack.push({ at: top.at + 1, slots: top.slots });
        break;
      default:
        threads.push(top);
    }
  }
}

function stands(what: 'start' | 'end' | 'boundary' | 'inside', line: string, place: number): boolean {
  if (what === 'start') return place === 0;
  if (what === 'end') return place === line.length;
  const edge = isWord(line.charCodeAt(place - 1)) !== isWord(line.charCodeAt(place));
  return what === 'boundary' ? edge : !edge;
}

function isWord(unit: number): boolean {
  return (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90) || unit === 95 || (unit >= 97 && unit <= 122);
}

function holds(units: Units, unit: number): boolean {
  for (const [first, last] of units.ranges) if (unit >= first && unit <= last) return !units.negated;
  return units.negated;
}
