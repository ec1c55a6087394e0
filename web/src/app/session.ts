import { useSyncExternalStore } from 'react';

/** Whether the operator has to sign in (again). The page below the dialogue stays as it is. */
let needed = false;
const listeners = new Set<() => void>();

function set(next: boolean) {
  if (needed === next) return;
  needed = next;
  listeners.forEach((listener) => listener());
}

export const requireSignIn = () => set(true);
export const signedIn = () => set(false);

export function useSignInNeeded(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => needed,
  );
}
