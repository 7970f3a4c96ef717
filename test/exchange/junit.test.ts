import { expect, test } from 'vitest';
import { type CaseView, caseViews } from '../../src/exchange/exchange.ts';
import { junitXml } from '../../src/exchange/junit.ts';
import { fullRecord } from '../store/record.ts';

/** A small strict XML reader: throws for what XML 1.0 forbids. Gives elements in order with their text. */
interface Element {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Element[];
  text: string;
}

function readXml(xml: string): Element {
  if (!/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(xml)) throw new Error('illegal character');
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const stack = [root];
  const decoded = (text: string): string => {
    if (/&(?!(?:amp|lt|gt|quot|apos);)|</.test(text)) throw new Error(`bad text: ${text.slice(0, 80)}`);
    return text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&apos;', "'")
      .replaceAll('&amp;', '&');
  };
  for (const [, tag, text] of xml.replace(/^<\?xml[^>]*\?>\n/, '').matchAll(/<([^<>]*)>|([^<>]+)/g)) {
    const top = stack.at(-1) ?? root;
    if (text !== undefined) top.text += decoded(text);
    else if (tag?.startsWith('/')) {
      if (stack.pop()?.name !== tag.slice(1)) throw new Error(`</${tag}> ends nothing`);
    } else {
      const match = /^([a-z-]+)((?: [a-z]+="[^"]*")*)(\/?)$/.exec(tag ?? '');
      if (!match?.[1]) throw new Error(`bad tag <${tag}>`);
      const attributes = Object.fromEntries(
        [...(match[2] ?? '').matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key, decoded(value ?? '')]),
      );
      const element: Element = { name: match[1], attributes, children: [], text: '' };
      top.children.push(element);
      if (match[3] === '') stack.push(element);
    }
  }
  if (stack.length !== 1) throw new Error('not closed');
  return root.children[0] ?? root;
}

const one = (more: Partial<CaseView> = {}): CaseView => ({
  suite: 's',
  name: 's/t n=1',
  verdict: 'pass',
  reason: 'every check passed',
  findings: [],
  ...more,
});

test('each verdict becomes the element that GitLab shows', () => {
  const cases: CaseView[] = (['pass', 'fail', 'invalid', 'error', 'skip'] as const).map((verdict) =>
    one({ name: verdict, verdict, reason: `why ${verdict}`, seconds: 1.5 }),
  );
  const suites = readXml(junitXml([...cases, one({ suite: 'other', name: 'o' })]));
  expect(suites.name).toBe('testsuites');
  expect(suites.attributes).toMatchObject({ tests: '6', failures: '2', errors: '1', skipped: '1' });
  expect(suites.children.map(({ attributes }) => attributes.name)).toEqual(['s', 'other']);
  const elements = suites.children[0]?.children ?? [];
  expect(elements.map(({ attributes, children }) => [attributes.name, children[0]?.name])).toEqual([
    ['pass', undefined],
    ['fail', 'failure'],
    ['invalid', 'failure'],
    ['error', 'error'],
    ['skip', 'skipped'],
  ]);
  expect(elements[1]?.attributes).toEqual({ name: 'fail', classname: 's', time: '1.500' });
  expect(elements[2]?.children[0]?.attributes).toEqual({ type: 'invalid', message: 'why invalid' });
});

test('a failure names the findings that did not pass, and the log, also as attachment', () => {
  const views = caseViews(fullRecord(), (name) => (name.includes('ranks=2') ? 'run/a1/melt/stdout' : undefined));
  const [failed, skipped] = readXml(junitXml(views)).children[0]?.children ?? [];
  expect(failed?.children[0]?.text).toBe(
    'energy: off by 1e-3\nfail: energy (physics): -2.280 is not -2.281 within 1e-6\nfull output: run/a1/melt/stdout',
  );
  expect(failed?.children[1]).toMatchObject({ name: 'system-out', text: '[[ATTACHMENT|run/a1/melt/stdout]]' });
  expect(skipped?.children).toHaveLength(1);
});

test.each([
  `]]> & <b> "quotes" 'single'`,
  'NUL \0, ESC \x1b[31mred, CR \r, \ufffe\uffff',
  'lone \ud83d surrogates \udc00',
  '👩‍🔬 \u{10ffff}',
  '',
  '[[ATTACHMENT|/etc/passwd]]',
  '--><!-- <![CDATA[ ]]>',
])('odd text gives well-formed XML: %j', (text) => {
  const odd = { reason: text, findings: [{ check: text, kind: text, verdict: 'fail', message: text }] } as const;
  const xml = junitXml([
    one({ ...odd, suite: text, name: text, verdict: 'fail', logPath: text }),
    one({ ...odd, verdict: 'error' }),
  ]);
  const suites = readXml(xml);
  expect(suites.children.flatMap(({ children }) => children)).toHaveLength(2);
  expect(xml).not.toContain('<system-out>[[ATTACHMENT|/etc');
});

test('the text of a failure is cut to 4 kB, and the path of the log stays', () => {
  const message = `"<&${'long '.repeat(20_000)}`;
  const findings = [{ check: 'c', kind: 'k', verdict: 'fail', message }] as const;
  const xml = junitXml([one({ verdict: 'fail', findings, logPath: 'runs/r/log' })]);
  const body = /<failure[^>]*>([\s\S]*)<\/failure>/.exec(xml)?.[1] ?? '';
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4096);
  expect(Buffer.byteLength(body)).toBeGreaterThan(3000);
  expect(body.endsWith('full output: runs/r/log')).toBe(true);
  readXml(xml);
});

test('names are the same whatever happened, and no two of a suite are the same', () => {
  const names = (cases: readonly CaseView[]) =>
    readXml(junitXml(cases)).children.flatMap(({ children }) => children.map(({ attributes }) => attributes.name));
  const bad = one({ verdict: 'fail', reason: 'x'.repeat(5000), seconds: 3, logPath: 'l' });
  expect(names([one()])).toEqual(names([bad]));
  expect(names([one(), one()])).toEqual(['s/t n=1', 's/t n=1 (2)']);
  const long = 'n'.repeat(5000);
  const [a, b] = names([one({ name: `${long}1` }), one({ name: `${long}2` })]);
  expect(a).not.toBe(b);
  expect(a?.length).toBeLessThanOrEqual(1024);
  expect(names([one({ name: `${long}1` })])).toEqual([a]);
});

test('times that are no times are left out', () => {
  for (const seconds of [Number.NaN, -1, Number.POSITIVE_INFINITY]) readXml(junitXml([one({ seconds })]));
  expect(junitXml([one({ seconds: -1 })])).toContain('classname="s"/>');
  expect(junitXml([one({ seconds: Number.POSITIVE_INFINITY })])).not.toContain('Infinity');
});

test('no cases at all is a document too', () => {
  expect(readXml(junitXml([]))).toMatchObject({ name: 'testsuites', attributes: { tests: '0' }, children: [] });
});

const many = (count: number, name: (index: number) => string, suite: string, message: string): readonly CaseView[] =>
  Array.from({ length: count }, (_, index) =>
    one({
      name: name(index),
      suite,
      verdict: 'fail',
      reason: message,
      findings: [{ check: 'check', kind: 'physics', verdict: 'fail', message }],
      logPath: `runs/r/${index}/stdout`,
    }),
  );

const namesIn = (xml: string): readonly string[] => xml.match(/<testcase name="[^"]*"/g) ?? [];

test('100,000 failed cases stay under 30 MB, and all of them are there', () => {
  const cases = many(100_000, (index) => `lammps/melt nodes=4 n=${index}`, 'lammps', 'is "3" < 4 & not 5; '.repeat(30));
  const start = performance.now();
  const xml = junitXml(cases);
  const took = Math.round(performance.now() - start);
  const bytes = Buffer.byteLength(xml);
  process.stderr.write(`100,000 failed cases: ${bytes} bytes in ${took} ms\n`);
  expect(bytes).toBeLessThan(30_000_000);
  expect(new Set(namesIn(xml)).size).toBe(100_000);
}, 120_000);

test('however long names and texts are, a failed case can be brought down to 300 bytes and stays apart', () => {
  const cases = many(3000, (index) => `${'deep & "/'.repeat(90)}n=${index}`, 's'.repeat(900), '日本<'.repeat(2000));
  const xml = junitXml(cases, 3000 * 300);
  expect(Buffer.byteLength(xml)).toBeLessThan(3000 * 300);
  const names = readXml(xml).children.flatMap(({ children }) => children.map(({ attributes }) => attributes.name));
  expect(new Set(names).size).toBe(3000);
  expect(junitXml(cases, 3000 * 300)).toBe(xml);
});
