import { describe, expect, it } from 'vitest';
import { many, one, parseSearch, stringifySearch } from './search';

describe('the search part of an address', () => {
  it.each([
    ['?status=failed&status=rejected&q=ana', { status: ['failed', 'rejected'], q: 'ana' }],
    ['?token=12345', { token: '12345' }],
    ['?q=a%26b', { q: 'a&b' }],
    ['', {}],
  ])('%s is read and written again', (text, search) => {
    expect(parseSearch(text)).toEqual(search);
    expect(parseSearch(stringifySearch(search))).toEqual(search);
  });

  it('leaves out what is not set', () => {
    expect(stringifySearch({ q: undefined, status: [], workflow: '' })).toBe('');
  });

  it('takes one value or several, whatever was written', () => {
    expect(one(['a', 'b'])).toBe('a');
    expect(one('')).toBeUndefined();
    expect(many('a')).toEqual(['a']);
    expect(many(undefined)).toBeUndefined();
  });
});
