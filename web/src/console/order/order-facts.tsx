import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Address, Order } from '~/api/types';
import { Ago, Facts, Money, Panel, StatusBadge, TableWrap } from '~/ui/basics';
import { orderReservationsQuery } from '../queries';

/** What the order is: its lines, its money, who it is for. */
export function OrderFacts({ order }: { order: Order }) {
  const { t } = useTranslation('console');
  const reservations = useQuery(orderReservationsQuery(order.order_id));
  const held = reservations.data?.items ?? [];
  return (
    <>
      <Panel title={t('order.lines')} flush>
        <TableWrap label={t('order.lines')}>
          <Table fz="sm" horizontalSpacing="md">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('order.product')}</Table.Th>
                <Table.Th ta="right">{t('order.quantity')}</Table.Th>
                <Table.Th ta="right">{t('order.amount')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {order.items.map((item) => (
                <Table.Tr key={item.sku}>
                  <Table.Td>
                    <Link to="/console/stock/$sku" params={{ sku: item.sku }}>
                      {item.name ?? item.sku}
                    </Link>
                  </Table.Td>
                  <Table.Td ta="right">{item.quantity}</Table.Td>
                  <Table.Td ta="right">
                    <Money money={item.amount} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
            {order.totals && (
              <Table.Tfoot>
                <Table.Tr>
                  <Table.Th colSpan={2}>{t('order.totalWith')}</Table.Th>
                  <Table.Th ta="right">
                    <Money money={order.totals.total} />
                  </Table.Th>
                </Table.Tr>
              </Table.Tfoot>
            )}
          </Table>
        </TableWrap>
        {held.map((reservation) => (
          <Text key={reservation.sku} size="sm" px="md" py="xs" c="dimmed">
            {t('order.held', { count: reservation.quantity, sku: reservation.sku })}{' '}
            <Ago at={reservation.expires_at} />
          </Text>
        ))}
      </Panel>
      <Panel title={t('order.moneyAndCustomer')}>
        <Facts
          facts={[
            [t('order.payment'), <StatusBadge key="payment" status={order.payment.status} />],
            [t('order.charged'), <Money key="charged" money={order.payment.charged} />],
            [t('order.refunded'), <Money key="refunded" money={order.payment.refunded} />],
            [t('order.customer'), <CustomerName key="customer" order={order} />],
            [t('order.email'), order.customer.email ?? '—'],
            [t('order.address'), addressLine(order.shipping_address)],
          ]}
        />
      </Panel>
    </>
  );
}

function CustomerName({ order }: { order: Order }) {
  const { id, name } = order.customer;
  if (!id) return name ?? '—';
  return (
    <Link to="/console/customers/$customerId" params={{ customerId: id }}>
      {name ?? id}
    </Link>
  );
}

function addressLine(address: Address | null | undefined): string {
  if (!address) return '—';
  const { name, street, postal_code, city, region, country } = address;
  return [name, street, [postal_code, city].filter(Boolean).join(' '), region, country].filter(Boolean).join(', ');
}
