/** Searching lines with a compiled pattern, in time linear in the text. */
import type { Instruction, Pattern } from './program.ts';
import type { Anchor } from './tree.ts';
import { holds } from './units.ts';

/** What the named groups of the leftmost match caught. */
interface Caught {
  readonly value?: string | undefined;
  readonly unit?: string | undefined;
}

/** Finds the leftmost match in one line, with the same preference as JavaScript's; `spent` when the steps ran out. */
export type Search = (line: string) => Caught | 'none' | 'spent';

type Slots = readonly (number | undefined)[];

interface Thread {
  readonly at: number;
  readonly slots: Slots;
}

/** A search over the lines of one text, which takes at most `steps` steps over all of them: it always has an end. */
export function searchWith({ program, anchored, first }: Pattern, steps: number): Search {
  // The place, counted over all lines, at which each instruction was last entered: twice at one place adds nothing.
  const seen = new Float64Array(program.length);
  let left = steps;
  let now = 0;

  /** Adds the threads that reach an instruction without reading: depth first, so that order is preference. */
  const enter = (line: string, place: number, start: number, slots: Slots, threads: Thread[]): void => {
    const stack: Thread[] = [{ at: start, slots }];
    for (let top = stack.pop(); top; top = stack.pop()) {
      left -= 1;
      if (seen[top.at] === now) continue;
      seen[top.at] = now;
      const instruction: Instruction | undefined = program[top.at];
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
  };

  const mayBegin = (line: string, place: number): boolean =>
    first === undefined || (place < line.length && first.some((units) => holds(units, line.charCodeAt(place))));

  return (line) => {
    let threads: Thread[] = [];
    let best: Slots | undefined;
    now += 1;
    for (let place = 0; place <= line.length; place += 1) {
      if (left <= 0) return 'spent';
      if (!best && (place === 0 || !anchored) && mayBegin(line, place)) enter(line, place, 0, [], threads);
      now += 1;
      if (threads.length === 0) {
        if (best || anchored) break;
        left -= 1;
        continue;
      }
      const next: Thread[] = [];
      for (const thread of threads) {
        const instruction = program[thread.at];
        if (instruction?.op === 'match') {
          best = thread.slots;
          break;
        }
        if (instruction?.op === 'one' && place < line.length && holds(instruction.units, line.charCodeAt(place)))
          enter(line, place + 1, thread.at + 1, thread.slots, next);
      }
      threads = next;
    }
    if (!best) return 'none';
    return { value: cut(line, best[0], best[1]), unit: cut(line, best[2], best[3]) };
  };
}

function cut(line: string, from: number | undefined, to: number | undefined): string | undefined {
  return from === undefined || to === undefined ? undefined : line.slice(from, to);
}

function stands(what: Anchor, line: string, place: number): boolean {
  if (what === 'start') return place === 0;
  if (what === 'end') return place === line.length;
  const edge = isWord(line.charCodeAt(place - 1)) !== isWord(line.charCodeAt(place));
  return what === 'boundary' ? edge : !edge;
}

function isWord(unit: number): boolean {
  return (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90) || unit === 95 || (unit >= 97 && unit <= 122);
}
