import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { API_BASE } from '~/api/base';
import { stringifySearch } from '~/app/search';
import { Panel } from '~/ui/basics';
import { PageHead } from '~/ui/pages';
import { EmptyState, ErrorState, LoadingRows } from '~/ui/states';
import { ordersQuery } from '../queries';
import { BulkActions } from './bulk-actions';
import { Filters } from './filters';
import { OrdersTable } from './orders-table';

const route = getRouteApi('/console/orders');
const LIVE_MS = 10_000;

/** All orders, by whatever narrows them down. */
export function OrdersPage() {
  const { t } = useTranslation('console');
  const filters = route.useSearch();
  // Only while the first page is shown: asking for all loaded pages again would cost more with each of them.
  const orders = useInfiniteQuery({
    ...ordersQuery(filters),
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : LIVE_MS),
  });
  const items = useMemo(() => orders.data?.pages.flatMap((page) => page.items) ?? [], [orders.data]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const chosen = useMemo(() => items.filter((order) => selected.has(order.order_id)), [items, selected]);

  return (
    <>
      <PageHead
        title={t('orders.title')}
        name={t('orders.title')}
        actions={
          <Button
            component="a"
            href={`${API_BASE}/orders/export.csv${stringifySearch({ ...filters })}`}
            download
            variant="default"
            size="xs"
            leftSection={<IconDownload size={14} />}
          >
            {t('orders.export')}
          </Button>
        }
      />
      <Filters />
      {chosen.length > 0 && <BulkActions orders={chosen} onClear={() => setSelected(new Set())} />}
      <Panel flush>
        {orders.data === undefined ? (
          orders.isError ? (
            <ErrorState error={orders.error} onRetry={() => void orders.refetch()} />
          ) : (
            <LoadingRows rows={12} />
          )
        ) : items.length === 0 ? (
          <EmptyState title={t('orders.none')}>{t('orders.noneText')}</EmptyState>
        ) : (
          <OrdersTable
            orders={items}
            selected={selected}
            onSelect={setSelected}
            hasMore={orders.hasNextPage}
            isLoadingMore={orders.isFetchingNextPage}
            onMore={() => void orders.fetchNextPage()}
          />
        )}
      </Panel>
    </>
  );
}
