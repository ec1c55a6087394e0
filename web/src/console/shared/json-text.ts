/** JSON that somebody has typed: its value, or what is wrong with it. */
export type ParsedJson = { ok: true; value: unknown } | { ok: false; problem: string };

export function parseJson(text: string): ParsedJson {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}
