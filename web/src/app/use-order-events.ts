import { useEffect, useRef } from 'react';
import { API_BASE } from '~/api/base';

const OPEN_AGAIN_MS = 2_000;
/** Several events come at once; one look for all of them is enough. */
const GATHER_MS = 120;

/**
 * Calls back whenever something happens to an order. The browser reconnects by itself after a dropped line; after
 * a refusal (a server that is starting) it gives up, so that is done here.
 */
export function useOrderEvents(orderId: string, token: string | undefined, enabled: boolean, onEvent: () => void) {
  const latest = useRef(onEvent);
  useEffect(() => {
    latest.current = onEvent;
  });
  useEffect(() => {
    if (!enabled) return;
    let source: EventSource;
    let again: ReturnType<typeof setTimeout> | undefined;
    let gathered: ReturnType<typeof setTimeout> | undefined;
    const happened = () => {
      gathered ??= setTimeout(() => {
        gathered = undefined;
        latest.current();
      }, GATHER_MS);
    };
    const open = () => {
      const query = token === undefined ? '' : `?${new URLSearchParams({ token })}`;
      source = new EventSource(`${API_BASE}/orders/${encodeURIComponent(orderId)}/events${query}`);
      source.addEventListener('status', happened);
      source.addEventListener('state', happened);
      source.addEventListener('end', () => {
        happened();
        source.close();
      });
      source.onerror = () => {
        if (source.readyState === EventSource.CLOSED) again = setTimeout(open, OPEN_AGAIN_MS);
      };
    };
    open();
    return () => {
      source.close();
      clearTimeout(again);
      clearTimeout(gathered);
    };
  }, [orderId, token, enabled]);
}
