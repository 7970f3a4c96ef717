/** What /proc/cpuinfo says of the processor: each architecture words it in its own way. */
import { factFrom, textOf } from '../../answers.ts';
import type { Fact } from '../../facts.ts';
import type { NodeAnswer, NodeAsk, ProbeRow } from '../../probe.ts';

/** The lines read, of the first processor: every processor of a node is taken to be alike. */
export const processorAsk: NodeAsk = {
  id: 'cpuinfo',
  kind: 'lines',
  path: '/proc/cpuinfo',
  pattern:
    '^(vendor_id|cpu family|model|model name|stepping|microcode|siblings|cpu cores|flags|cpu|platform|machine|uarch|isa|processor 0|features|Features|CPU implementer|CPU part)[[:space:]]*:',
  most: 12,
};

/** Cores of servers by implementer and part of the Main ID Register (Arm; Linux, arch/arm64/include/asm/cputype.h). */
const armCores: Readonly<Record<string, string>> = {
  '0x41 0xd03': 'Cortex-A53', '0x41 0xd07': 'Cortex-A57', '0x41 0xd08': 'Cortex-A72', '0x41 0xd0c': 'Neoverse N1',
  '0x41 0xd40': 'Neoverse V1', '0x41 0xd49': 'Neoverse N2', '0x41 0xd4f': 'Neoverse V2', '0x41 0xd83': 'Neoverse V3AE',
  '0x41 0xd84': 'Neoverse V3', '0x41 0xd8e': 'Neoverse N3', '0x43 0x0af': 'ThunderX2', '0x46 0x001': 'A64FX',
  '0x48 0xd01': 'Kunpeng 920', '0xc0 0xac3': 'Ampere1', '0xc0 0xac4': 'Ampere1A',
}; // biome-ignore format: a table reads better in few lines

/** The first value of each field: `name : value`, whatever stands between name and colon. */
export function cpuFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, Math.max(colon, 0)).trim(), line.slice(colon + 1).trim()];
    if (name !== '' && value !== '' && !fields.has(name)) fields.set(name, value);
  }
  return fields;
}

/** The processor's name. Arm gives numbers only (MIDR): implementer and part name the core. */
export function processorModel(text: string): string | undefined {
  const fields = cpuFields(text);
  const named = fields.get('model name') ?? fields.get('cpu') ?? fields.get('uarch') ?? fields.get('processor 0');
  if (named) return named;
  const [implementer, part] = [fields.get('CPU implementer'), fields.get('CPU part')];
  if (!implementer || !part) return undefined;
  const core = armCores[`${implementer} ${part}`];
  return core ? `${core} (implementer ${implementer} part ${part})` : `implementer ${implementer} part ${part}`;
}

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

/** What decides which machine code runs: the psABI level on x86-64, else the features or the ISA as printed. */
function isaOf(fields: ReadonlyMap<string, string>): string | undefined {
  const flags = fields.get('flags');
  return flags === undefined
    ? (fields.get('Features') ?? fields.get('isa') ?? fields.get('features'))
    : x86Level(flags);
}

/** A field, or `absent` where this architecture's text has none. */
function fieldFact(
  answer: NodeAnswer,
  pick: (fields: ReadonlyMap<string, string>) => string | undefined,
  what: string,
): Fact {
  const fact = factFrom(answer, (text) => pick(cpuFields(text)));
  if ('value' in fact || answer.kind === 'unknown') return fact;
  return { unknown: 'absent', why: `/proc/cpuinfo names no ${what} here`, source: answer.source };
}

/** Name, family and stepping, instruction set, microcode. */
export function processorRows(answer: NodeAnswer): readonly ProbeRow[] {
  const revision = (fields: ReadonlyMap<string, string>): string | undefined => {
    const parts = ['cpu family', 'model', 'stepping'].map((name) => fields.get(name));
    return parts.every((part) => part && /^\d+$/.test(part))
      ? `family ${parts[0]} model ${parts[1]} stepping ${parts[2]}`
      : undefined;
  };
  return [
    { key: 'processor', fact: factFrom(answer, processorModel) },
    { key: 'processor-revision', fact: fieldFact(answer, revision, 'family, model and stepping') },
    { key: 'instruction-set', fact: fieldFact(answer, isaOf, 'instruction set') },
    { key: 'microcode', fact: fieldFact(answer, (fields) => fields.get('microcode'), 'microcode') },
  ];
}

/** Whether the processor says that a hypervisor runs it (CPUID leaf 1, ECX 31; POWER by its platform); undefined: not said. */
export function saysVirtual(answer: NodeAnswer): boolean | undefined {
  const fields = cpuFields(textOf(answer) ?? '');
  const flags = fields.get('flags');
  if (flags !== undefined) return /(^|\s)hypervisor(\s|$)/.test(flags);
  const platform = fields.get('platform');
  return platform === 'pSeries' ? true : platform === 'PowerNV' ? false : undefined;
}
