import type { components } from './schema';

export type Problem = components['schemas']['Problem'];

/** The server refused a request, and said why. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }

  /** The stable name of the kind of problem, such as `out-of-stock`. */
  get kind(): string {
    return this.problem.type.split('/').pop() ?? '';
  }

  get status(): number {
    return this.problem.status;
  }
}

/** No answer came: the server is away, or the line is. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 401;
}

/** Whether trying the same again later may well work. */
export function isOutage(error: unknown): boolean {
  return error instanceof UnreachableError || (error instanceof ProblemError && [502, 503, 504].includes(error.status));
}

/**
 * What the server said about single fields, by the field's name in the request, with slashes as it writes them
 * (`shipping_address/country`).
 */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ProblemError)) return {};
  return Object.fromEntries((error.problem.errors ?? []).map(({ field, expected }) => [field, expected]));
}

/** The message beside one field: its own, else the first of what is within it. */
export function fieldError(errors: Record<string, string>, field: string): string | undefined {
  if (errors[field] !== undefined) return errors[field];
  const within = Object.keys(errors).find((name) => name.startsWith(`${field}/`));
  return within === undefined ? undefined : errors[within];
}

/** Makes an error of whatever came back with a status that is not a success. */
export function problemOf(body: unknown, response: Response): ProblemError | UnreachableError {
  if (typeof body === 'object' && body !== null && 'type' in body && 'detail' in body) {
    return new ProblemError(body as Problem);
  }
  if (response.status >= 502 && response.status <= 504) return new UnreachableError(response.statusText);
  return new ProblemError({
    type: `/problems/${response.status}`,
    title: response.statusText,
    status: response.status,
    detail: response.statusText || String(response.status),
    instance: new URL(response.url || '/', location.origin).pathname,
    request_id: response.headers.get('x-request-id') ?? '',
  });
}
