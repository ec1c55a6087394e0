import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, api } from '~/api/client';
import { ProblemError } from '~/api/problem';
import type { Mail, Order } from '~/api/types';

/** Everything here is the operator's: a refused key leads to signing in (see app/query-client.ts). */
const key = (...parts: unknown[]) => ['console', ...parts] as const;

export const RANGES = ['1h', '24h', '30d'] as const;
export type Range = (typeof RANGES)[number];

const LIVE_MS = 5_000;
const CALM_MS = 20_000;
const PAGE = 100;

/** Pages of a listing, by the cursor that each ends with. */
function pages<Page extends { next_cursor?: string | null }>(
  queryKey: readonly unknown[],
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => answer(api.GET('/session', { signal })),
  staleTime: Infinity,
  retry: (failures, error) => !(error instanceof ProblemError) && failures < 3,
});

export interface OrderFilters {
  q?: string;
  status?: string[];
  workflow?: string;
  customer?: string;
  placed_after?: string;
  placed_before?: string;
  min_total?: string;
  max_total?: string;
}

export const ordersQuery = (filters: OrderFilters) =>
  pages(key('orders', filters), (cursor, signal) =>
    answer(api.GET('/orders', { params: { query: { ...filters, cursor, limit: PAGE } }, signal })),
  );

export const orderQuery = (id: string) =>
  queryOptions({
    queryKey: key('order', id),
    queryFn: ({ signal }) => answer(api.GET('/orders/{id}', { params: { path: { id } }, signal })),
    refetchInterval: LIVE_MS,
  });

export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: key('order', id, 'timeline'),
    queryFn: ({ signal }) => answer(api.GET('/orders/{id}/timeline', { params: { path: { id } }, signal })),
    refetchInterval: LIVE_MS,
  });

/** Asked again when the order has moved. */
export const explanationQuery = ({ order_id: id, status, payment }: Order) =>
  queryOptions({
    queryKey: key('order', id, 'explanation', status, payment.status),
    queryFn: ({ signal }) => answer(api.GET('/orders/{id}/explanation', { params: { path: { id } }, signal })),
    placeholderData: keepPreviousData,
  });

export const orderReservationsQuery = (id: string) =>
  queryOptions({
    queryKey: key('order', id, 'reservations'),
    queryFn: ({ signal }) => answer(api.GET('/orders/{id}/reservations', { params: { path: { id } }, signal })),
  });

export const orderMailsQuery = (id: string) =>
  queryOptions({
    queryKey: key('order', id, 'mails'),
    queryFn: async ({ signal }) => {
      const page = await answer(api.GET('/mailbox', { params: { query: { q: id, limit: 50 } }, signal }));
      return page.items.filter((mail) => mail.order_id === id);
    },
  });

export const executionQuery = (arn: string) =>
  queryOptions({
    queryKey: key('execution', arn),
    queryFn: ({ signal }) => answer(api.GET('/executions/{arn}', { params: { path: { arn } }, signal })),
    enabled: arn !== '',
  });

export const statesQuery = (arn: string) =>
  queryOptions({
    queryKey: key('execution', arn, 'states'),
    queryFn: ({ signal }) => answer(api.GET('/executions/{arn}/states', { params: { path: { arn } }, signal })),
    enabled: arn !== '',
  });

export const workflowsQuery = queryOptions({
  queryKey: key('workflows'),
  queryFn: ({ signal }) => answer(api.GET('/workflows', { signal })),
  staleTime: 60_000,
});

export const workflowQuery = (name: string) =>
  queryOptions({
    queryKey: key('workflow', name),
    queryFn: ({ signal }) => answer(api.GET('/workflows/{name}', { params: { path: { name } }, signal })),
    staleTime: 60_000,
  });

export const workflowProblemsQuery = (name: string) =>
  queryOptions({
    queryKey: key('workflow', name, 'problems'),
    queryFn: ({ signal }) => answer(api.GET('/workflows/{name}/problems', { params: { path: { name } }, signal })),
    staleTime: 60_000,
  });

export const executionsQuery = (workflow: string) =>
  pages(key('executions', workflow), (cursor, signal) =>
    answer(api.GET('/executions', { params: { query: { workflow, cursor, limit: 25 } }, signal })),
  );

export const statsQuery = (range: Range) =>
  queryOptions({
    queryKey: key('stats', range),
    queryFn: ({ signal }) => answer(api.GET('/stats', { params: { query: { range } }, signal })),
    refetchInterval: range === '1h' ? LIVE_MS : CALM_MS,
    placeholderData: keepPreviousData,
  });

export const workflowStatsQuery = (range: Range) =>
  queryOptions({
    queryKey: key('stats', 'workflows', range),
    queryFn: ({ signal }) => answer(api.GET('/stats/workflows', { params: { query: { range } }, signal })),
    refetchInterval: CALM_MS,
    placeholderData: keepPreviousData,
  });

export const alarmsQuery = queryOptions({
  queryKey: key('alarms'),
  queryFn: ({ signal }) => answer(api.GET('/alarms', { signal })),
  refetchInterval: CALM_MS,
});

export const alarmPointsQuery = (name: string, range: Range) =>
  queryOptions({
    queryKey: key('alarms', name, range),
    queryFn: ({ signal }) =>
      answer(api.GET('/alarms/{name}/points', { params: { path: { name }, query: { range } }, signal })),
    refetchInterval: CALM_MS,
  });

export const auditQuery = queryOptions({
  queryKey: key('audit'),
  queryFn: ({ signal }) => answer(api.GET('/audit', { signal })),
  // Proving everything from the books costs something; the panel has a button.
  staleTime: 5 * 60_000,
  refetchOnWindowFocus: false,
});

export const inventoryQuery = (q: string | undefined) =>
  pages(key('inventory', q), (cursor, signal) =>
    answer(api.GET('/inventory', { params: { query: { q, cursor, limit: PAGE } }, signal })),
  );

export const productQuery = (sku: string) =>
  queryOptions({
    queryKey: key('product', sku),
    queryFn: ({ signal }) => answer(api.GET('/inventory/{sku}', { params: { path: { sku } }, signal })),
    refetchInterval: LIVE_MS,
  });

export const productReservationsQuery = (sku: string) =>
  queryOptions({
    queryKey: key('product', sku, 'reservations'),
    queryFn: ({ signal }) => answer(api.GET('/inventory/{sku}/reservations', { params: { path: { sku } }, signal })),
    refetchInterval: LIVE_MS,
  });

export const ledgerQuery = (sku: string) =>
  pages(key('product', sku, 'ledger'), (cursor, signal) =>
    answer(api.GET('/inventory/{sku}/ledger', { params: { path: { sku }, query: { cursor, limit: 50 } }, signal })),
  );

export const mailboxQuery = (q: string | undefined) =>
  pages(key('mailbox', q), (cursor, signal) =>
    answer(api.GET('/mailbox', { params: { query: { q, cursor, limit: 50 } }, signal })),
  );

export const mailQuery = (id: string) =>
  queryOptions({
    queryKey: key('mail', id),
    // Without an ending the answer is JSON; the description also knows the two that are not.
    queryFn: async ({ signal }) =>
      (await answer(api.GET('/mailbox/{id}', { params: { path: { id } }, signal }))) as Mail,
  });

export const topicsQuery = queryOptions({
  queryKey: key('topics'),
  queryFn: ({ signal }) => answer(api.GET('/topics', { signal })),
  refetchInterval: CALM_MS,
});

export const topicMessagesQuery = (name: string) =>
  pages(key('topics', name), (cursor, signal) =>
    answer(api.GET('/topics/{name}/messages', { params: { path: { name }, query: { cursor, limit: 25 } }, signal })),
  );

export const queuesQuery = queryOptions({
  queryKey: key('queues'),
  queryFn: ({ signal }) => answer(api.GET('/queues', { signal })),
  refetchInterval: LIVE_MS,
});

export const deadLettersQuery = pages(key('dead-letters'), (cursor, signal) =>
  answer(api.GET('/dead-letters', { params: { query: { cursor, limit: 50 } }, signal })),
);

export const customersQuery = (q: string | undefined) =>
  pages(key('customers', q), (cursor, signal) =>
    answer(api.GET('/customers', { params: { query: { q, with: 'totals', cursor, limit: 50 } }, signal })),
  );

export const customerQuery = (id: string) =>
  queryOptions({
    queryKey: key('customer', id),
    queryFn: ({ signal }) => answer(api.GET('/customers/{id}', { params: { path: { id } }, signal })),
  });
