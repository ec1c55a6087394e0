import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ProblemError } from '~/api/problem';
import type { Customer } from '~/api/types';
import { Ago, Facts, Money, Panel, StatusBadge } from '~/ui/basics';
import { formatRevenue } from '~/ui/format';
import { PageHead } from '~/ui/pages';
import { EmptyState, ErrorState, LoadingPage } from '~/ui/states';
import console from '../console.module.css';
import { customerQuery, ordersQuery } from '../queries';
import { More } from '../shared/more';
import { EraseCustomerDialogue } from './erase-dialogue';

const route = getRouteApi('/console/customers/$customerId');

/** One customer: contact, orders, and the right to be forgotten. */
export function CustomerPage() {
  const { t } = useTranslation('console');
  const { customerId } = route.useParams();
  const customer = useQuery(customerQuery(customerId));
  if (customer.data) return <Details customer={customer.data} />;
  if (customer.isPending) return <LoadingPage />;
  if (customer.error instanceof ProblemError && customer.error.status === 404) {
    return (
      <EmptyState title={t('customers.unknown', { id: customerId })}>
        <Link to="/console/customers">{t('nav.customers')}</Link>
      </EmptyState>
    );
  }
  return <ErrorState error={customer.error} onRetry={() => void customer.refetch()} />;
}

function Details({ customer }: { customer: Customer }) {
  const { t, i18n } = useTranslation('console');
  const [erasing, { open, close }] = useDisclosure();
  const orders = useInfiniteQuery(ordersQuery({ customer: customer.customer_id }));
  const name = customer.company ?? customer.contact ?? customer.customer_id;
  const { address } = customer;
  return (
    <>
      <PageHead
        title={name}
        name={name}
        description={<span className="mono">{customer.customer_id}</span>}
        actions={
          <Button size="xs" color="red" variant="outline" onClick={open}>
            {t('customers.erase')}
          </Button>
        }
      />
      <div className={console.wideNarrow}>
        <Panel title={t('nav.orders')} flush>
          <More query={orders} empty={<EmptyState title={t('customers.noOrders')} />}>
            {(items) =>
              items.map((order) => (
                <Link
                  key={order.order_id}
                  to="/console/orders/$orderId"
                  params={{ orderId: order.order_id }}
                  className={console.row}
                >
                  <span className={console.rowHead}>
                    <span className={`${console.rowTitle} mono`}>{order.order_id}</span>
                    <StatusBadge status={order.status} />
                  </span>
                  <span className={`${console.rowHead} ${console.dim}`}>
                    <Ago at={order.placed_at} />
                    <Money money={order.totals?.total} />
                  </span>
                </Link>
              ))
            }
          </More>
        </Panel>
        <Panel title={t('customers.contact')}>
          <Facts
            facts={[
              [t('customers.company'), customer.company ?? '—'],
              [t('customers.contact'), customer.contact ?? '—'],
              [t('customers.email'), customer.email],
              [
                t('customers.address'),
                address
                  ? [address.street, address.city, address.region, address.country].filter(Boolean).join(', ')
                  : '—',
              ],
              [t('customers.orders'), customer.totals?.orders ?? '—'],
              [t('customers.total'), customer.totals ? formatRevenue(customer.totals.total, i18n.language) : '—'],
            ]}
          />
        </Panel>
      </div>
      {erasing && <EraseCustomerDialogue customer={customer} onClose={close} />}
    </>
  );
}
