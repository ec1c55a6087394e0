import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, api } from '~/api/client';
import type { CartLine } from './cart';

const CATALOGUE_PAGE = 48;
const STOCK_FRESH_MS = 15_000;

export const shopQuery = queryOptions({
  queryKey: ['shop'],
  queryFn: ({ signal }) => answer(api.GET('/shop', { signal })),
  staleTime: Infinity,
});

export const catalogueQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: ['catalogue', q],
    queryFn: ({ pageParam, signal }) =>
      answer(
        api.GET('/catalog', {
          params: { query: { q: q || undefined, cursor: pageParam, limit: CATALOGUE_PAGE } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: STOCK_FRESH_MS,
  });

/** What the cart costs, as the server computes it; with a country, shipping and tax are that country's. */
export const quoteQuery = (lines: CartLine[], country?: string) =>
  queryOptions({
    queryKey: ['quote', lines, country],
    queryFn: ({ signal }) =>
      answer(
        api.POST('/quote', {
          body: { items: lines, shipping_address: country === undefined ? undefined : { country } },
          signal,
        }),
      ),
    enabled: lines.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: STOCK_FRESH_MS,
  });

/** An order by its link; the server opens it with the token only. */
export const orderByLinkQuery = (id: string, token: string | undefined) =>
  queryOptions({
    queryKey: ['order', id, token],
    queryFn: ({ signal }) => answer(api.GET('/orders/{id}', { params: { path: { id }, query: { token } }, signal })),
  });
