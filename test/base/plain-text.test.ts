import { expect, test } from 'vitest';
import { cutText, plainLine, plainText, wellFormed } from '../../src/base/plain-text.ts';

test.each([
  ['colours', 'a \x1b[1;31mred\x1b[0m b', 'a red b'],
  ['a title', '\x1b]0;pwned\x07text', 'text'],
  ['a link', '\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\', 'click'],
  ['a device string', 'a\x1bPq#0;2;0;0;0\x1b\\b', 'ab'],
  ['one-byte forms', '\x9b31mred\x9d0;title\x9cx', 'redx'],
  ['a sequence that never ends takes its line only', 'a\x1b]0;never\nnext', 'a\nnext'],
  ['a cut sequence', 'end\x1b[', 'end'],
  ['a bare escape', 'end\x1b', 'end'],
  ['a carriage return that would overwrite', 'FAIL\rpass', 'FAIL\npass'],
  ['line ends', 'a\r\nb\u2028c\u0085d', 'a\nb\nc\nd'],
  ['controls', 'a\0b\bc\x7fd\te', 'abcd\te'],
  ['reading order', 'user\u202etxt.exe\u2066', 'usertxt.exe'],
  ['invisible tags', 'a\u{e0041}\u{e007f}b', 'ab'],
  ['unpaired surrogates', 'a\ud83db\udc00', 'a\ufffdb\ufffd'],
  ['letters of all kinds stay', 'naïve 日本語 👩‍🔬 ε₀', 'naïve 日本語 👩‍🔬 ε₀'],
])('%s', (_, from, to) => {
  expect(plainText(from)).toBe(to);
});

test('no text of random code units leaves anything that a terminal would act on', () => {
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let round = 0; round < 2000; round += 1) {
    const units = Array.from({ length: 40 }, () =>
      random(3) === 0 ? random(0xa0) : ([0x1b, 0x5b, 0x5d, 0x9b, random(0x10000)][random(5)] ?? 0),
    );
    const text = plainText(String.fromCharCode(...units));
    expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/);
    expect(wellFormed(text)).toBe(text);
    expect(plainText(text)).toBe(text);
  }
});

test('a line has no line ends and no blanks at its ends', () => {
  expect(plainLine('  a \r\n\t b\u2028 ')).toBe('a b');
});

test('text is cut between letters and never longer than asked', () => {
  expect(cutText('short', 5)).toBe('short');
  expect(cutText('日本語テキスト', 12)).toBe('日本語…');
  for (let bytes = 0; bytes < 40; bytes += 1) {
    const cut = cutText('a👩b日c'.repeat(4), bytes);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
    expect(wellFormed(cut)).toBe(cut);
  }
});
