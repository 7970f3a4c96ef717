/** Lines that match a regular expression with a group named `value`, and optionally one named `unit`. */
import { Type } from '../../../base/schema.ts';
import { linesOf, quoted } from '../../lines.ts';
import { type Hit, pick } from '../../occurrence.ts';
import { defineParser, missing, occurrenceOption } from '../../parser.ts';
import { compilePattern } from './program.ts';
import { searchWith } from './search.ts';

/** Steps that one search over one file may take: some ten seconds, so that every pattern and text has an end. */
const mostSteps = 200_000_000;

/** Reads what the group `value` catches in each matching line: the first match of a line counts. */
export const regex = defineParser({
  kind: 'regex',
  options: { pattern: Type.String({ minLength: 1, maxLength: 500 }), occurrence: occurrenceOption },
  lint: ({ pattern }) => {
    const compiled = compilePattern(pattern);
    if ('why' in compiled) return [compiled.why];
    return compiled.ok.groups.includes('value') ? [] : ['the pattern has no group (?<value>…)'];
  },
  read: (text, options, declared) => {
    const compiled = compilePattern(options.pattern);
    if ('why' in compiled) return missing(declared, compiled.why);
    const search = searchWith(compiled.ok, mostSteps);
    const hits: Hit[] = [];
    for (const [index, line] of linesOf(text).entries()) {
      const caught = search(line);
      if (caught === 'spent')
        return missing(declared, `${declared.file} is too large for the pattern ${quoted(options.pattern)}`);
      if (caught !== 'none') hits.push({ text: caught.value ?? '', unit: caught.unit, line: index + 1 });
    }
    return pick(hits, declared, options.occurrence ?? 'all-equal', `a line like ${quoted(options.pattern)}`);
  },
});
