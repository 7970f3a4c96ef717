/** Names of hosts, short: `node[1-3,7]`, as Slurm writes them (slurm.conf(5), NodeName; scontrol show hostlist). */
import { listOf } from './number-list.ts';

/**
 * Folds names with a number at their end into ranges, keeping leading zeros (`n[08-10]`); others stand for themselves.
 * Sorted by the part before the number, then by the number.
 */
export function foldHosts(names: readonly string[]): string {
  const parts = [...new Set(names)].map((name) => {
    const [, stem = name, digits = ''] = /^(.*?)(\d{1,15})$/.exec(name) ?? [];
    return { stem, digits };
  });
  // Leading zeros set a width, and numbers of that width without zeros belong to the same range: n08, n09, n10.
  const padded = new Set(
    parts.filter(({ digits }) => digits.startsWith('0')).map(({ stem, digits }) => `${digits.length} ${stem}`),
  );
  const groups = new Map<string, { readonly stem: string; readonly width: number; readonly numbers: number[] }>();
  const plain: string[] = [];
  for (const { stem, digits } of parts) {
    if (digits === '') {
      plain.push(stem);
      continue;
    }
    const width = padded.has(`${digits.length} ${stem}`) ? digits.length : 0;
    const group = groups.get(`${width} ${stem}`) ?? { stem, width, numbers: [] };
    groups.set(`${width} ${stem}`, group);
    group.numbers.push(Number(digits));
  }
  const folded = [...groups.values()].map(({ stem, width, numbers }) => {
    const ranges = listOf(numbers, width);
    return /^\d+$/.test(ranges) ? `${stem}${ranges}` : `${stem}[${ranges}]`;
  });
  return [...plain, ...folded].sort().join(',');
}
