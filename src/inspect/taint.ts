/** What taints a kernel or came with a module, in the letters of the kernel and in words. */

/**
 * Letters and meanings by bit, from bit 0 (Documentation/admin-guide/tainted-kernels.rst; J since 6.17). The same letters
 * stand for a module in /proc/modules and /sys/module/NAME/taint.
 */
const taints: readonly (readonly [letter: string, meaning: string])[] = [
  ['P', 'proprietary module'],
  ['F', 'module loaded by force'],
  ['S', 'out of specification system'],
  ['R', 'module unloaded by force'],
  ['M', 'machine check'],
  ['B', 'bad page'],
  ['U', 'asked for by a program'],
  ['D', 'oops or bug'],
  ['A', 'ACPI table overridden'],
  ['W', 'warning'],
  ['C', 'staging driver'],
  ['I', 'workaround for firmware'],
  ['O', 'out-of-tree module'],
  ['E', 'unsigned module'],
  ['L', 'soft lockup'],
  ['K', 'live patch'],
  ['X', 'distribution’s own'],
  ['T', 'randomised structures'],
  ['N', 'in-kernel test'],
  ['J', 'firmware control from a program'],
];

/**
 * The number in /proc/sys/kernel/tainted in words: `4097` → `P proprietary module, O out-of-tree module`; `none` for 0.
 * Bits that no kernel known here sets show as their number. Undefined when the text is no such number.
 */
export function taintWords(text: string): string | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined;
  const words: string[] = [];
  for (let rest = BigInt(text), bit = 0; rest > 0n; rest >>= 1n, bit += 1)
    if (rest & 1n) words.push(taints[bit]?.join(' ') ?? `bit ${bit}`);
  return words.length === 0 ? 'none' : words.join(', ');
}

/** The meanings of a module's letters: `OE` → `out-of-tree module, unsigned module`. Unknown letters stand as they are. */
export function taintLetters(letters: string): string {
  return [...letters].map((letter) => taints.find(([known]) => known === letter)?.[1] ?? letter).join(', ');
}
