/** `assay schema`. */

import type { Command } from '../command.ts';
import { usageInvalid } from '../errors.ts';

export const schema: Command = {
  name: 'schema',
  summary: 'print the JSON Schema of a language',
  description: 'For editors that complete and check suite, site and policy files (JSON Schema 2020-12).',
  args: [{ name: 'language', description: 'suite, site or policy' }],
  options: [],
  run: async (input) => {
    const { publishedSchemas } = await import('../../flow/language.ts');
    const name = input.args[0] ?? '';
    const found = publishedSchemas[name];
    if (!found)
      throw usageInvalid(`there is no language "${name}"`, `use one of: ${Object.keys(publishedSchemas).join(', ')}`);
    return { text: `${JSON.stringify(found, null, 2)}\n`, value: found, exitCode: 0 };
  },
};
