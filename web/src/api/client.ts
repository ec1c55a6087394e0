import createClient from 'openapi-fetch';
import { API_BASE } from './base';
import { problemOf, UnreachableError } from './problem';
import type { paths } from './schema';

/** Proves to the server that a request comes from this app: another site cannot set it. */
export const OWN_REQUEST = { 'X-Requested-With': 'orderflow' };

/** The API, typed by the OpenAPI document. */
export const api = createClient<paths>({
  baseUrl: location.origin + API_BASE,
  credentials: 'same-origin',
  headers: { ...OWN_REQUEST, Accept: 'application/json' },
  // Looked up at every call, so that tests can put another in its place.
  fetch: (request) => globalThis.fetch(request),
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer; throws {@link ProblemError} or {@link UnreachableError} otherwise. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  let result: Answer<T>;
  try {
    result = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new UnreachableError(error instanceof Error ? error.message : 'no answer');
  }
  if (!result.response.ok) throw problemOf(result.error, result.response);
  return result.data as T;
}
