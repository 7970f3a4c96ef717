/** WWW-Authenticate, as RFC 9110 section 11.6.1 writes challenges and RFC 6750 section 3 the bearer ones. */

/** One challenge: its scheme in lower case and its parameters, their names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const parameter = new RegExp(`^(${token})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`);
const scheme = new RegExp(`^(${token})(?:[ \\t]+|$|(?=[ \\t]*,))`);
const token68 = /^[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/;

/** Every challenge of a header, in its order; what cannot be read is passed over up to the next comma. */
export function parseChallenges(header: string): readonly Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  let rest = header;
  for (;;) {
    rest = rest.replace(/^[ \t,]+/, '');
    if (rest === '') return found;
    const named = parameter.exec(rest);
    const last = found.at(-1);
    const opened = scheme.exec(rest);
    if (named && last) {
      last.parameters[(named[1] ?? '').toLowerCase()] = named[2]?.replace(/\\(.)/g, '$1') ?? named[3] ?? '';
      rest = rest.slice(named[0].length);
    } else if (!named && opened) {
      found.push({ scheme: (opened[1] ?? '').toLowerCase(), parameters: {} });
      rest = rest.slice(opened[0].length);
      if (!parameter.test(rest)) rest = rest.replace(token68, '');
    } else {
      rest = rest.replace(/^[^,]*/, '');
    }
  }
}
