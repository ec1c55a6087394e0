import type { CheckoutRequest } from '~/api/types';

/**
 * An order on its way to the server. It is remembered before it is sent and forgotten once the server has
 * decided, so that a second click, a lost answer or a reload sends the same request under the same key, which
 * makes one order of them.
 */
export interface Placement {
  key: string;
  request: CheckoutRequest;
}

const REMEMBERED = 'orderflow-placement';

export function pendingPlacement(): Placement | undefined {
  try {
    const stored = JSON.parse(localStorage.getItem(REMEMBERED) ?? 'null') as Placement | null;
    return typeof stored?.key === 'string' && Array.isArray(stored.request?.items) ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** The placement of that request: the one under way when it is the same, else a new one. */
export function placementOf(request: CheckoutRequest): Placement {
  const pending = pendingPlacement();
  if (pending && JSON.stringify(pending.request) === JSON.stringify(request)) return pending;
  const placement = { key: crypto.randomUUID(), request };
  localStorage.setItem(REMEMBERED, JSON.stringify(placement));
  return placement;
}

/** To be called when the server has answered, whatever the answer: the next one is another order. */
export function placementDecided() {
  localStorage.removeItem(REMEMBERED);
}
