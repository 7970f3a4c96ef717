/** Lists of whole numbers as Linux writes them (cpuset(7), list format): `0-3,8`. Pure. */

/** How many numbers a list names: `0-3,8` → 5. Undefined when it is none. */
export function listLength(list: string): number | undefined {
  let count = 0;
  for (const part of list.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (!match?.[1]) return undefined;
    count += Number(match[2] ?? match[1]) - Number(match[1]) + 1;
  }
  return count > 0 ? count : undefined;
}

/** Numbers as a list, in order and each once: 5, 0, 1, 2 → `0-2,5`. `width` fills up with zeros: `08-10`. */
export function listOf(numbers: readonly number[], width = 0): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const show = (number: number) => String(number).padStart(width, '0');
  const ranges: string[] = [];
  let from: number | undefined;
  for (const [index, number] of sorted.entries()) {
    from ??= number;
    if (sorted[index + 1] === number + 1) continue;
    ranges.push(from === number ? show(number) : `${show(from)}-${show(number)}`);
    from = undefined;
  }
  return ranges.join(',');
}
