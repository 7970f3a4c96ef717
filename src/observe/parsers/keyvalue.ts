/** `key=value` lines, optionally only those between two marker lines. */
import { Type } from '../../base/schema.ts';
import { linesOf, quoted, sectionsOf } from '../lines.ts';
import { type Hit, pick } from '../occurrence.ts';
import { defineParser, missing, occurrenceOption } from '../parser.ts';

const marker = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));

/** Reads the value of one key. Blanks around key and value do not count. */
export const keyvalue = defineParser({
  kind: 'keyvalue',
  options: {
    key: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^=\\s](?:[^=]*[^=\\s])?$' }),
    begin: marker,
    end: marker,
    occurrence: occurrenceOption,
  },
  read: (text, options, declared) => {
    const sections = sectionsOf(linesOf(text), options.begin?.trim(), options.end?.trim());
    if ('why' in sections) return missing(declared, `${sections.why} in ${declared.file}`);
    const hits = sections.ok.flatMap((section) =>
      section.lines.flatMap((line, index): readonly Hit[] => {
        const at = line.indexOf('=');
        if (at < 0 || line.slice(0, at).trim() !== options.key) return [];
        return [{ text: line.slice(at + 1), line: section.line + index }];
      }),
    );
    return pick(hits, declared, options.occurrence ?? 'all-equal', `the key ${quoted(options.key)}`);
  },
});
