/**
 * HPC Challenge (https://hpcchallenge.org): the summary of `hpccoutf.txt`, and the residual lines of its HPL. Both
 * count only when the summary has its end: HPCC writes it last.
 */
import { oneOf, Type } from '../../base/schema.ts';
import { linesOf, quoted, sectionsOf } from '../lines.ts';
import { readNumber } from '../number.ts';
import { type Hit, pick } from '../occurrence.ts';
import { type Declared, defineParser, found, missing, type Reading } from '../parser.ts';

const begin = 'Begin of Summary section.';
const end = 'End of Summary section.';

// HPL_pdtest.c prints "||Ax-b||_oo/(…)= VALUE ...... PASSED"; HPL 1.0 three such lines with other norms.
const residualLine = /^\|\|Ax-b\|\|_oo.*=\s*(\S+)\s+\.{3,}\s+(PASSED|FAILED)$/;

/** Units of the summary's keys, by how the keys end (HPCC's io.c). */
const units: readonly (readonly [RegExp, string])[] = [
  [/_Tflops$/, 'Tflop/s'],
  [/_Gflops$/, 'Gflop/s'],
  [/_GBs$/, 'GB/s'],
  [/_GUPs$/, 'GUP/s'],
  [/_usec$/, 'us'],
  [/_GBytes$/, 'GB/s'],
  [/STREAM_(?:Copy|Scale|Add|Triad)$/, 'GB/s'],
  [/(?:_time|_CheckTime|_TimeBound)$/, 's'],
];

/** Reads one key of the summary, or HPL's scaled residual (`value`, the largest) or what HPL says of it (`status`). */
export const hpcc = defineParser({
  kind: 'hpcc',
  options: {
    key: Type.Optional(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,99}$' })),
    residual: Type.Optional(oneOf(['value', 'status'])),
  },
  lint: (options, declared) => {
    const problems: string[] = [];
    if ((options.key === undefined) === (options.residual === undefined))
      problems.push('declare either "key" or "residual"');
    if (declared.shape === 'series') problems.push('HPCC gives single values: "series" cannot be had');
    const unit = units.find(([ending]) => ending.test(options.key ?? ''))?.[1];
    if (unit !== undefined && unit !== declared.unit) problems.push(`HPCC gives ${options.key} in "${unit}"`);
    if ((options.residual === 'status') !== (declared.type === 'text') && options.residual !== undefined)
      problems.push('"residual: status" is a text, "residual: value" a number');
    return problems;
  },
  read: (text, options, declared) => {
    const lines = linesOf(text);
    const sections = sectionsOf(lines, begin, end);
    if ('why' in sections) return missing(declared, `${sections.why} in ${declared.file}`);
    if (sections.ok.length > 1)
      return missing(declared, `${sections.ok.length} summaries are in ${declared.file}: HPCC adds to an old file`);
    if (options.residual !== undefined) return readResidual(lines, options.residual, declared);
    const section = sections.ok[0];
    const hits = (section?.lines ?? []).flatMap((line, index): readonly Hit[] =>
      line.startsWith(`${options.key}=`)
        ? [{ text: line.slice(`${options.key}=`.length), line: (section?.line ?? 1) + index }]
        : [],
    );
    const reading = pick(hits, declared, 'all-equal', `the key ${quoted(options.key ?? '')}`);
    if ('value' in reading && reading.value === -1)
      return missing(declared, `${options.key} is -1: HPCC writes that for what it did not measure`);
    return reading;
  },
});

function readResidual(lines: readonly string[], wanted: 'value' | 'status', declared: Declared): Reading {
  let largest: { value: number; line: number } | undefined;
  let status: { text: string; line: number } | undefined;
  for (const [index, line] of lines.entries()) {
    const match = residualLine.exec(line.trim());
    if (!match) continue;
    if (!status || match[2] === 'FAILED') status = { text: match[2] ?? '', line: index + 1 };
    if (wanted === 'status') continue;
    const value = readNumber(match[1] ?? '');
    if ('why' in value) return missing(declared, `line ${index + 1} of ${declared.file}: ${value.why}`);
    if (!largest || value.ok > largest.value) largest = { value: value.ok, line: index + 1 };
  }
  if (!status) return missing(declared, `HPL printed no residual into ${declared.file}`);
  if (wanted === 'status') return found(declared, status.text, status.line);
  return largest ? found(declared, largest.value, largest.line) : missing(declared, 'HPL printed no residual');
}
