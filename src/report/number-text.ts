/** Numbers for people: as many digits as one reads. */

/** A number with up to six significant digits, `1.23457e-9` where it is very small or large. */
export function showNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  return String(Number(value.toPrecision(6)));
}

/** A change with its sign: `+12.3 %`. */
export function showPercent(percent: number): string {
  return `${percent >= 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

const blocks = '▁▂▃▄▅▆▇█';

/** One block a number, the least lowest and the most highest; all in the middle when they are the same. */
export function sparkline(values: readonly number[]): string {
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return values
    .map((value) => blocks[most === least ? 3 : Math.round(((value - least) / (most - least)) * (blocks.length - 1))])
    .join('');
}

/** A number of things in words: `one fact`, `3 facts`. */
export function counted(number: number, noun: string): string {
  return number === 1 ? `one ${noun}` : `${number} ${noun}s`;
}
