import { useDebouncedCallback } from '@mantine/hooks';
import { useRouter } from '@tanstack/react-router';

const TYPED_AFTER_MS = 250;

/**
 * Calls back a moment after the last key with what was typed. Whoever has followed a link by then is let go: taking
 * the text into this page's address would call the browser back to it.
 */
export function useTyped(onTyped: (text: string | undefined) => void) {
  const router = useRouter();
  return useDebouncedCallback((text: string) => {
    const { latestLocation, state } = router;
    const isLeaving = latestLocation.pathname !== (state.resolvedLocation ?? latestLocation).pathname;
    if (!isLeaving) onTyped(text.trim() || undefined);
  }, TYPED_AFTER_MS);
}
