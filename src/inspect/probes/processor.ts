/** What the processor can do: the level of x86-64 that its flags amount to. */
import { factFrom } from '../answers.ts';
import type { Fact } from '../facts.ts';
import type { NodeAnswer, Probe } from '../probe.ts';

/**
 * Flags of each level above the first, in the words of /proc/cpuinfo (x86-64 psABI, "Micro-Architecture Levels"; the
 * kernel calls SSE3 `pni` and LZCNT `abm`). OSXSAVE has no word there: `xsave` stands for it.
 */
const levels: readonly (readonly string[])[] = [
  ['cx16', 'lahf_lm', 'popcnt', 'pni', 'sse4_1', 'sse4_2', 'ssse3'],
  ['abm', 'avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'movbe', 'xsave'],
  ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'],
];

/** `x86-64-v1` to `x86-64-v4` from the flags of /proc/cpuinfo; undefined when they are not those of x86-64. */
export function x86Level(flags: string): string | undefined {
  const words = new Set(flags.trim().split(/\s+/));
  // `lm` is long mode: without it the processor is a 32-bit one.
  if (!words.has('lm') || !words.has('sse2')) return undefined;
  const first = levels.findIndex((level) => !level.every((flag) => words.has(flag)));
  return `x86-64-v${first < 0 ? levels.length + 1 : first + 1}`;
}

/** Other architectures have no line of flags, or one of other words: they have no such level. */
function levelFact(answer: NodeAnswer): Fact {
  const fact = factFrom(answer, (text) => x86Level(/^flags[ \t]*:(.*)/m.exec(text)?.[1] ?? ''));
  if ('value' in fact || answer.kind === 'unknown') return fact;
  return { unknown: 'absent', why: '/proc/cpuinfo names no flags of x86-64', source: answer.source };
}

export const processor: Probe = {
  name: 'processor',
  asks: [{ id: 'flags', kind: 'lines', path: '/proc/cpuinfo', pattern: '^flags[[:space:]]*:', most: 1 }],
  fingerprints: {},
  ownKeys: [],
  read: (answers) => [{ key: 'level', fact: levelFact(answers('flags')) }],
};
