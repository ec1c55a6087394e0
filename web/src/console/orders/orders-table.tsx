import { Checkbox } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Order } from '~/api/types';
import { Ago, Money, StatusBadge } from '~/ui/basics';
import console from '../console.module.css';
import classes from './orders.module.css';

const ROW_PX = 44;
const ROW_ON_PHONE_PX = 64;
/** The next page is asked for when this many rows are left below. */
const AHEAD = 30;

/** Only the rows in sight are in the document; the next page is fetched before its rows are reached. */
export function OrdersTable(props: {
  orders: Order[];
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
}) {
  const { t } = useTranslation('console');
  const { orders, selected, onSelect, hasMore, isLoadingMore, onMore } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  // The virtualiser hands out functions that change with every scroll; nothing here is memoised by them.
  // eslint-disable-next-line react-hooks/incompatible-library
  const rows = useVirtualizer({
    count: orders.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (phone ? ROW_ON_PHONE_PX : ROW_PX),
    getItemKey: (index) => orders[index]?.order_id ?? index,
    overscan: 8,
  });
  useEffect(() => rows.measure(), [phone, rows]);

  const visible = rows.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= orders.length - AHEAD) onMore();
  }, [hasMore, isLoadingMore, last, orders.length, onMore]);

  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect(next);
  };
  const all = orders.length > 0 && selected.size >= orders.length;
  return (
    <div
      ref={scroller}
      className={classes.table}
      role="table"
      aria-label={t('orders.title')}
      aria-rowcount={hasMore ? -1 : orders.length + 1}
      tabIndex={0}
    >
      <div role="rowgroup">
        <div className={classes.head} role="row" aria-rowindex={1}>
          <span role="columnheader">
            <Checkbox
              size="xs"
              aria-label={t('orders.selectAll')}
              checked={all}
              indeterminate={selected.size > 0 && !all}
              onChange={() => onSelect(all ? new Set() : new Set(orders.map((order) => order.order_id)))}
            />
          </span>
          <span role="columnheader">{t('orders.order')}</span>
          <span role="columnheader">{t('orders.status')}</span>
          <span role="columnheader">{t('orders.customer')}</span>
          <span role="columnheader">{t('orders.workflow')}</span>
          <span role="columnheader" className={classes.end}>
            {t('orders.total')}
          </span>
          <span role="columnheader">{t('orders.placed')}</span>
        </div>
      </div>
      <div role="rowgroup" className={classes.body} style={{ height: rows.getTotalSize() }}>
        {visible.map((row) => {
          const order = orders[row.index];
          return (
            order && (
              <OrderRow
                key={row.key}
                order={order}
                index={row.index}
                top={row.start}
                selected={selected.has(order.order_id)}
                onToggle={toggle}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  order: Order;
  index: number;
  top: number;
  selected: boolean;
  onToggle: (id: string) => void;
}

const OrderRow = memo(
  function OrderRow({ order, index, top, selected, onToggle }: RowProps) {
    const { t } = useTranslation('console');
    return (
      <div
        className={classes.row}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={selected}
        style={{ transform: `translateY(${top}px)` }}
      >
        <span role="cell">
          <Checkbox
            size="xs"
            aria-label={t('orders.select', { id: order.order_id })}
            checked={selected}
            onChange={() => onToggle(order.order_id)}
          />
        </span>
        <span role="cell" className={classes.cell}>
          <Link
            to="/console/orders/$orderId"
            params={{ orderId: order.order_id }}
            className={`${console.clickable} mono`}
            preload={false}
          >
            {order.order_id}
          </Link>
        </span>
        <span role="cell">
          <StatusBadge status={order.status} />
        </span>
        <span role="cell" className={classes.cell}>
          {order.customer.name ?? order.customer.email ?? order.customer.id}
        </span>
        <span role="cell" className={classes.cell}>
          {order.workflow}
        </span>
        <span role="cell" className={`${classes.cell} ${classes.end}`}>
          <Money money={order.totals?.total} />
        </span>
        <span role="cell" className={classes.cell}>
          <Ago at={order.placed_at} />
        </span>
      </div>
    );
  },
  // The callback is new with every selection and does the same.
  (before, after) =>
    before.order === after.order &&
    before.top === after.top &&
    before.selected === after.selected &&
    before.onToggle === after.onToggle,
);
