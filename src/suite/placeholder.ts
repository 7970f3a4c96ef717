/**
 * `{{name}}` in the strings of a suite. Values are put in once, all at the same time, so that a value which itself holds
 * braces stays what it is. This is not Handlebars: there are no helpers, no blocks and no escapes.
 */

/** A value that may stand for a placeholder. */
export type PlaceholderValue = string | number;

/** Text with its placeholders found. */
export interface Template {
  readonly parts: readonly ({ readonly text: string } | { readonly name: string })[];
}

const placeholder = /\{\{\s*([A-Za-z_][A-Za-z0-9_.]*)\s*\}\}/g;

/** Finds the placeholders of a text. */
export function parseTemplate(text: string): Template {
  const parts: ({ text: string } | { name: string })[] = [];
  let from = 0;
  for (const match of text.matchAll(placeholder)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ name: match[1] ?? '' });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return { parts };
}

/** Names of the placeholders in a text, in order, repeated ones too. */
export function placeholderNames(text: string): readonly string[] {
  return parseTemplate(text).parts.flatMap((part) => ('name' in part ? [part.name] : []));
}

/** The text with every placeholder replaced, and the names that had no value (left as they stand). */
export function fillText(
  text: string,
  values: Readonly<Record<string, PlaceholderValue>>,
): { readonly text: string; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  if (!text.includes('{{')) return { text, unknown };
  const filled = parseTemplate(text).parts.map((part) => {
    if ('text' in part) return part.text;
    const value = Object.hasOwn(values, part.name) ? values[part.name] : undefined;
    if (value === undefined) {
      unknown.push(part.name);
      return `{{${part.name}}}`;
    }
    return String(value);
  });
  return { text: filled.join(''), unknown };
}

/**
 * Fills every string inside a value (lists and objects too; object keys are left alone). A string that is exactly one
 * placeholder becomes the value itself, so a number stays a number.
 */
export function fillValue(
  value: unknown,
  values: Readonly<Record<string, PlaceholderValue>>,
  unknown: string[] = [],
): { readonly value: unknown; readonly unknown: readonly string[] } {
  const visit = (item: unknown): unknown => {
    if (typeof item === 'string') {
      if (!item.includes('{{')) return item;
      const { parts } = parseTemplate(item);
      const only = parts.length === 1 ? parts[0] : undefined;
      if (only && 'name' in only && Object.hasOwn(values, only.name)) return values[only.name];
      const filled = fillText(item, values);
      unknown.push(...filled.unknown);
      return filled.text;
    }
    if (Array.isArray(item)) return item.map(visit);
    if (typeof item === 'object' && item !== null)
      return Object.fromEntries(Object.entries(item).map(([key, member]) => [key, visit(member)]));
    return item;
  };
  return { value: visit(value), unknown };
}
