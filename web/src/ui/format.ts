import type { Money } from '~/api/types';

/** An amount as its language writes it. The text is handed over as it is, so that no digit goes through a float. */
export function formatMoney(money: Money, language: string): string {
  const format = new Intl.NumberFormat(language, { style: 'currency', currency: money.currency });
  return format.format(money.amount as Intl.StringNumericLiteral);
}

/** Amounts by currency, `{"RON": "12.00"}`, in one line. */
export function formatRevenue(revenue: Record<string, string>, language: string): string {
  const amounts = Object.entries(revenue).map(([currency, amount]) => formatMoney({ amount, currency }, language));
  return amounts.length > 0 ? amounts.join(' · ') : '—';
}

export function formatCount(count: number, language: string): string {
  return new Intl.NumberFormat(language).format(count);
}

export function formatDateTime(at: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }).format(new Date(at));
}

export function formatTime(at: string, language: string): string {
  return new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  }).format(new Date(at));
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** "5 minutes ago", or "in 2 hours". */
export function formatRelative(at: string, now: number, language: string): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, 'second');
}

/** A duration in the largest units that tell something: `0.4 ms`, `35 ms`, `2.4 s`, `3 min 5 s`. */
export function formatDuration(ms: number | null | undefined, language: string): string {
  if (ms === null || ms === undefined) return '—';
  const number = (value: number, digits: number) =>
    new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  if (ms < 1_000) return `${number(ms, ms < 10 ? 1 : 0)} ms`;
  if (ms < 60_000) return `${number(ms / 1_000, 1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${number(minutes, 0)} min ${number(Math.floor((ms % 60_000) / 1_000), 0)} s`;
  return `${number(Math.floor(minutes / 60), 0)} h ${number(minutes % 60, 0)} min`;
}
