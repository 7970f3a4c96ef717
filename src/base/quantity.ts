/** Numbers with units, as suites write them: `60s`, `2min`, `1.5GB`. */
import { defineError } from './error.ts';

/** A number and the unit it is in. */
export interface Quantity {
  readonly value: number;
  readonly unit: string;
}

export const quantityInvalid = defineError('QUANTITY_INVALID', 'declaration', 'A duration or size cannot be read.');

const seconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60, h: 3600, d: 86400 };

/** Seconds of `90`, `90s`, `5min`, `2h` or `1d`; throws QUANTITY_INVALID for anything else, zero and negative included. */
export function parseDuration(text: string | number): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)\s*(ms|s|min|h|d)?$/.exec(String(text).trim());
  const value = match ? Number(match[1]) * (seconds[match[2] ?? 's'] ?? Number.NaN) : Number.NaN;
  if (!(value > 0))
    throw quantityInvalid(`"${text}" is not a duration`, 'write a number and s, min, h or d, such as 90s');
  return value;
}

/** `1h 2min`, `3.4 s`, `120 ms`: a duration for people. */
export function showDuration(value: number): string {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${Math.round(value * 10) / 10} s`;
  const whole = Math.round(value);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `12.3 MB`: a size in bytes for people, decimal prefixes. */
export function showBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let index = 0;
  while (value >= 1000 && index < units.length - 1) {
    value /= 1000;
    index += 1;
  }
  return `${index === 0 ? value : value.toFixed(1)} ${units[index]}`;
}
