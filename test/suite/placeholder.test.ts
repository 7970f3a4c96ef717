import { describe, expect, it } from 'vitest';
import { fillText, fillValue, placeholderNames } from '../../src/suite/placeholder.ts';

describe('placeholders', () => {
  it('finds names in order', () => {
    expect(placeholderNames('a {{x}} b {{ image.mpi.abi }} {{x}}')).toEqual(['x', 'image.mpi.abi', 'x']);
  });

  it('fills once, so that a value with braces stays what it is', () => {
    expect(fillText('{{a}}-{{b}}', { a: '{{b}}', b: "it's $(id)" })).toEqual({ text: "{{b}}-it's $(id)", unknown: [] });
  });

  it('leaves what it does not know, and says so', () => {
    expect(fillText('{{a}} {{toString}}', { a: 1 })).toEqual({ text: '1 {{toString}}', unknown: ['toString'] });
  });

  it('keeps a number a number where a placeholder stands alone', () => {
    const filled = fillValue({ expect: '{{ranks}}', why: 'for {{ranks}} ranks', list: ['{{ranks}}'] }, { ranks: 4 });
    expect(filled.value).toEqual({ expect: 4, why: 'for 4 ranks', list: [4] });
  });

  it('takes what is no placeholder as text: blocks, helpers, single braces', () => {
    expect(fillText('{{#if x}} {x} {{{{raw}}}} {{ a b }}', { x: 1 }).text).toBe('{{#if x}} {x} {{{{raw}}}} {{ a b }}');
  });
});
