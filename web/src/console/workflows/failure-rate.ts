/** The share of the started that failed; nothing started has no rate. */
export function failureRate(counts: { started: number; failed: number } | undefined, language: string): string {
  if (!counts || counts.started === 0) return '—';
  const format = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  return format.format(counts.failed / counts.started);
}
