const DAY_SECONDS = 86_400;

/** A point in time as short as it can be said: the hour, or the day when the points are hours apart. */
export function tickOf(at: string, stepSeconds: number, language: string): string {
  const format: Intl.DateTimeFormatOptions =
    stepSeconds >= DAY_SECONDS / 8
      ? { day: 'numeric', month: 'short', hour: stepSeconds < DAY_SECONDS ? '2-digit' : undefined }
      : { hour: '2-digit', minute: '2-digit', second: stepSeconds < 60 ? '2-digit' : undefined };
  return new Intl.DateTimeFormat(language, { ...format, hourCycle: 'h23' }).format(new Date(at));
}
