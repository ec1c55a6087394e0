import { useSyncExternalStore } from 'react';
import { API_BASE } from '~/api/base';

/** Whether the server answers. Down as soon as a request finds nobody; up again when /healthz answers. */
type Connection = 'up' | 'down';

const LOOK_AGAIN_MS = 1500;

let state: Connection = 'up';
let recovered: (() => void) | undefined;
const listeners = new Set<() => void>();

function set(next: Connection) {
  if (state === next) return;
  state = next;
  listeners.forEach((listener) => listener());
}

/** What to do when the server is back. */
export function onRecovered(action: () => void) {
  recovered = action;
}

export function reportDown() {
  if (state === 'down') return;
  set('down');
  const look = async () => {
    try {
      const response = await fetch(`${API_BASE}/healthz`, { headers: { Accept: 'application/json' } });
      if (response.ok) {
        set('up');
        recovered?.();
        return;
      }
    } catch {
      // Still away.
    }
    setTimeout(() => void look(), LOOK_AGAIN_MS);
  };
  setTimeout(() => void look(), LOOK_AGAIN_MS);
}

/** Settles as soon as the server answers. */
export function untilUp(): Promise<void> {
  if (state === 'up') return Promise.resolve();
  return new Promise((resolve) => {
    const listener = () => {
      if (state !== 'up') return;
      listeners.delete(listener);
      resolve();
    };
    listeners.add(listener);
  });
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
