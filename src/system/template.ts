/** Templates: the one import site of handlebars. Strict: a missing value or helper is an error, never an empty string. */
import Handlebars from 'handlebars';
import { quoteWord } from '../base/argv.ts';

/** The languages templates are written in; each has its own escaping. */
export type Dialect = 'shell' | 'markdown' | 'html' | 'gitlab';

const environments = new Map<Dialect, typeof Handlebars>();

function environmentOf(dialect: Dialect): typeof Handlebars {
  const known = environments.get(dialect);
  if (known) return known;
  const created = Handlebars.create();
  created.registerHelper('arg', (value: unknown) => new created.SafeString(quoteWord(String(value))));
  created.registerHelper(
    'args',
    (values: readonly string[]) => new created.SafeString(values.map(quoteWord).join(' ')),
  );
  created.registerHelper('cell', (value: unknown) => new created.SafeString(tableCell(String(value))));
  created.registerHelper('yaml', (value: unknown) => new created.SafeString(JSON.stringify(String(value))));
  environments.set(dialect, created);
  return created;
}

/** Text safe inside a Markdown table cell: no newline, no pipe, no HTML. */
function tableCell(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('`', '\\`');
  return flat.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const compiledTemplates = new Map<string, (view: unknown) => string>();

/** Renders a template's text in its dialect. `view` must hold every name the template uses. */
export function renderTemplate(dialect: Dialect, text: string, view: unknown): string {
  const key = `${dialect}\0${text}`;
  let template = compiledTemplates.get(key);
  if (!template) {
    template = environmentOf(dialect).compile(text, {
      strict: true,
      knownHelpersOnly: true,
      knownHelpers: { arg: true, args: true, cell: true, yaml: true },
      noEscape: dialect !== 'html',
      preventIndent: true,
    });
    compiledTemplates.set(key, template);
  }
  return template(view);
}
