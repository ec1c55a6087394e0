import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { isOutage, isUnauthorized, UnreachableError } from '~/api/problem';
import { onRecovered, reportDown } from './connection';
import { requireSignIn } from './session';

const RETRIES = 2;

/** A shopper's request never asks for the operator's key. */
function noticed(error: unknown, forOperators: boolean) {
  if (isUnauthorized(error) && forOperators) requireSignIn();
  if (error instanceof UnreachableError) reportDown();
}

export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: (error, query) => noticed(error, query.queryKey[0] === 'console') }),
    mutationCache: new MutationCache({
      onError: (error, _input, _context, mutation) => noticed(error, mutation.meta?.['public'] !== true),
    }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        retry: (failures, error) => isOutage(error) && failures < RETRIES,
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 4_000),
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
  onRecovered(() => void client.invalidateQueries());
  return client;
}
