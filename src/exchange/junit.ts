/**
 * JUnit XML as GitLab reads it (lib/gitlab/ci/parsers/test/junit.rb): one `testsuites`, in it a `testsuite` a suite;
 * of a case, name, classname, time, failure or error text, and the attachment in `system-out` of those that failed.
 * GitLab tells cases apart by classname and name, ignores huge texts, and takes 30 MB a file.
 */
import { createHash } from 'node:crypto';
import { plainLine, plainText } from '../base/plain-text.ts';
import type { CaseView } from './exchange.ts';

/** Longest texts of one case, in bytes of UTF-8 once escaped. */
interface Limits {
  readonly body: number;
  readonly message: number;
  readonly name: number;
}

/** Size of one file that GitLab still takes, with some room. */
const usualTotal = 29_000_000;

// Tried in order until the whole fits. Names are cut last, and a digest keeps them apart. With `smallest` a failed
// case takes less than 300 bytes.
const shrinking: readonly Limits[] = [
  { body: 4096, message: 512, name: 1024 },
  { body: 1024, message: 256, name: 1024 },
  { body: 256, message: 128, name: 1024 },
  { body: 0, message: 64, name: 256 },
];
const smallest: Limits = { body: 0, message: 0, name: 64 };

/**
 * The cases as one JUnit document. Texts are cut so that it stays under `totalBytes`; cases are never dropped, so
 * beyond some hundred thousand of them it can be longer. The same cases give the same bytes.
 */
export function junitXml(cases: readonly CaseView[], totalBytes = usualTotal): string {
  const clean = cases.map((one) => ({ ...one, name: plainLine(one.name), suite: plainLine(one.suite) }));
  for (const limits of shrinking) {
    const document = render(clean, limits, totalBytes);
    if (document !== undefined) return document;
  }
  return render(clean, smallest, Number.POSITIVE_INFINITY) ?? '';
}

/** The document, or undefined when it grows beyond the total. */
function render(cases: readonly CaseView[], limits: Limits, totalBytes: number): string | undefined {
  const nameOf = namer(limits.name);
  const parts: string[] = ['<?xml version="1.0" encoding="UTF-8"?>\n', `<testsuites name="assay"${counts(cases)}>\n`];
  let bytes = 256;
  for (const [suite, members] of bySuite(cases)) {
    const label = cutName(suite, limits.name);
    const head = `  <testsuite name="${label}"${counts(members)}>\n`;
    parts.push(head);
    bytes += Buffer.byteLength(head) + 16;
    for (const one of members) {
      const text = testCase(one, label, nameOf(one), limits);
      bytes += Buffer.byteLength(text);
      if (bytes > totalBytes) return undefined;
      parts.push(text);
    }
    parts.push('  </testsuite>\n');
  }
  parts.push('</testsuites>\n');
  return parts.join('');
}

function bySuite(cases: readonly CaseView[]): ReadonlyMap<string, readonly CaseView[]> {
  const suites = new Map<string, CaseView[]>();
  for (const one of cases) {
    const members = suites.get(one.suite);
    if (members) members.push(one);
    else suites.set(one.suite, [one]);
  }
  return suites;
}

/** Gives each case its escaped name; one that repeats within its suite gets a number, for GitLab keeps one of a name. */
function namer(limit: number): (one: CaseView) => string {
  const taken = new Map<string, number>();
  return (one) => {
    const name = cutName(one.name, limit);
    const key = `${one.suite}\0${name}`;
    const times = (taken.get(key) ?? 0) + 1;
    taken.set(key, times);
    return times === 1 ? name : `${name} (${times})`;
  };
}

function testCase(one: CaseView, classname: string, name: string, limits: Limits): string {
  const time = one.seconds === undefined ? '' : timeAttribute(one.seconds);
  const open = `    <testcase name="${name}" classname="${classname}"${time}`;
  if (one.verdict === 'pass') return `${open}/>\n`;
  const message = attribute(one.reason, limits.message);
  if (one.verdict === 'skip') return `${open}>\n      <skipped message="${message}"/>\n    </testcase>\n`;
  // `fail` and `invalid` are the image's to mend; `error` is the site's or the harness's.
  const element = one.verdict === 'error' ? 'error' : 'failure';
  const body = bodyOf(one, limits.body);
  return `${open}>\n      <${element} type="${one.verdict}" message="${message}">${body}</${element}>\n${attachment(one, limits)}    </testcase>\n`;
}

/** The findings that are not `pass`, one a line, and where the whole output is, which is never cut off. */
function bodyOf(one: CaseView, limit: number): string {
  if (limit === 0) return '';
  const findings = one.findings
    .filter(({ verdict }) => verdict !== 'pass')
    .map(({ check, kind, verdict, message }) => `${verdict}: ${check} (${kind}): ${message}`);
  const log = one.logPath === undefined ? '' : cutEscaped(`\nfull output: ${plainLine(one.logPath)}`, limit / 2);
  const text = [one.reason, ...findings].join('\n');
  return cutEscaped(plainText(beginning(text, limit)), limit - Buffer.byteLength(log)) + log;
}

/** GitLab takes the first `[[ATTACHMENT|path]]` of a failed case, its path relative to the project's directory. */
function attachment(one: CaseView, limits: Limits): string {
  const path = one.logPath;
  if (path === undefined || limits.body === 0 || path.length > 1024 || plainLine(path) !== path || /[[\]|]/.test(path))
    return '';
  return `      <system-out>[[ATTACHMENT|${escapeXml(path)}]]</system-out>\n`;
}

/** Seconds; what is no duration is left out. */
function timeAttribute(seconds: number): string {
  return seconds >= 0 && Number.isFinite(seconds) ? ` time="${seconds.toFixed(3)}"` : '';
}

function counts(cases: readonly CaseView[]): string {
  const of = (...verdicts: readonly CaseView['verdict'][]): number =>
    cases.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const seconds = cases.reduce((sum, one) => sum + Math.max(0, one.seconds ?? 0), 0);
  return ` tests="${cases.length}" failures="${of('fail', 'invalid')}" errors="${of('error')}" skipped="${of('skip')}"${timeAttribute(seconds)}`;
}

function attribute(text: string, limit: number): string {
  return cutEscaped(plainLine(beginning(text, limit)), limit);
}

/** Enough of a text to fill the limit, so that megabytes of a log are not cleaned to show a line of them. */
function beginning(text: string, limit: number): string {
  return text.slice(0, limit * 2);
}

/** A name, escaped; a long one keeps its beginning and gets a digest, so that it stays the same and stays apart. */
function cutName(name: string, limit: number): string {
  const escaped = escapeXml(name);
  if (Buffer.byteLength(escaped) <= limit) return escaped;
  const mark = `#${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
  return cutEscaped(name, limit - mark.length) + mark;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML text or attribute value, of text that `plainText` made free of what XML 1.0 §2.2 forbids. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);
}

/**
 * Escaped text of at most so many bytes, never cut within an entity or a code point. It looks no further than the
 * limit: texts are long, and there are many.
 */
function cutEscaped(text: string, limit: number): string {
  const room = limit - Buffer.byteLength('…');
  let bytes = 0;
  let end = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    bytes += escapedBytes(code);
    if (bytes > limit) return room < 0 ? '' : `${escapeXml(text.slice(0, end))}…`;
    const highSurrogate = code >= 0xd800 && code < 0xdc00;
    if (bytes <= room && !highSurrogate) end = index + 1;
  }
  return escapeXml(text);
}

/** Bytes that a UTF-16 code unit takes when it is escaped, in UTF-8; each half of a surrogate pair counts for half. */
function escapedBytes(code: number): number {
  if (code < 0x80) return entities[String.fromCharCode(code)]?.length ?? 1;
  if (code < 0x800) return 2;
  return code >= 0xd800 && code < 0xe000 ? 2 : 3;
}
