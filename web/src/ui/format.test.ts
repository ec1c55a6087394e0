import { describe, expect, it } from 'vitest';
import { formatDuration, formatMoney, formatRelative, formatRevenue } from './format';
import { isInProgress, isRefusal, toneOf } from './tone';

/** With plain spaces for those that do not break. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

const NOW = Date.parse('2026-01-31T10:00:00Z');

describe('amounts', () => {
  it('are written in their language, to the last digit', () => {
    expect(plain(formatMoney({ amount: '90071992547409.93', currency: 'RON' }, 'en'))).toBe('RON 90,071,992,547,409.93');
    expect(formatMoney({ amount: '1234.50', currency: 'EUR' }, 'en')).toBe('€1,234.50');
    expect(plain(formatMoney({ amount: '1234.50', currency: 'RON' }, 'ro'))).toBe('1.234,50 RON');
    expect(formatMoney({ amount: '900', currency: 'JPY' }, 'en')).toBe('¥900');
  });

  it('of several currencies are never added up', () => {
    expect(formatRevenue({ EUR: '1.00', USD: '2.00' }, 'en')).toBe('€1.00 · $2.00');
    expect(formatRevenue({}, 'en')).toBe('—');
  });
});

it.each([
  [0.4, '0.4 ms'],
  [35.2, '35 ms'],
  [2_440, '2.4 s'],
  [185_000, '3 min 5 s'],
  [7_260_000, '2 h 1 min'],
  [null, '—'],
])('a duration of %s ms is %s', (ms, text) => {
  expect(formatDuration(ms, 'en')).toBe(text);
});

it.each([
  ['2026-01-31T09:59:40Z', '20 seconds ago'],
  ['2026-01-31T09:30:00Z', '30 minutes ago'],
  ['2026-01-31T12:00:00Z', 'in 2 hours'],
  ['2026-01-29T10:00:00Z', '2 days ago'],
  ['2026-01-31T10:00:00Z', 'now'],
])('%s is %s', (at, text) => {
  expect(formatRelative(at, NOW, 'en')).toBe(text);
});

describe('the words of the workflows', () => {
  it.each([
    ['confirmed', 'success', false, false],
    ['COMPLETED', 'success', false, false],
    ['PENDING', 'progress', true, false],
    ['CANCELLED_NO_STOCK', 'refused', false, true],
    ['payment_failed', 'refused', false, true],
    ['FAILED', 'failed', false, true],
    ['cancelled', 'neutral', false, false],
    ['something new', 'neutral', false, false],
  ])('%s is %s', (status, tone, inProgress, refusal) => {
    expect(toneOf(status)).toBe(tone);
    expect(isInProgress(status)).toBe(inProgress);
    expect(isRefusal(status)).toBe(refusal);
  });
});
