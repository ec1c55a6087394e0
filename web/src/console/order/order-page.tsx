import { Select } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ProblemError } from '~/api/problem';
import type { Order } from '~/api/types';
import { useOrderEvents } from '~/app/use-order-events';
import { Ago, Copy, Panel, StatusBadge } from '~/ui/basics';
import { PageHead } from '~/ui/pages';
import { EmptyState, ErrorState, Loaded, LoadingPage } from '~/ui/states';
import { isInProgress } from '~/ui/tone';
import { executionQuery, orderQuery, timelineQuery } from '../queries';
import { Explanation } from './explanation';
import { Machine } from './machine';
import { OrderFacts } from './order-facts';
import classes from './order.module.css';
import { executionsIn, Timeline } from './timeline';

const route = getRouteApi('/console/orders/$orderId');

/** One order, the time machine: everything that happened to it, beside the machine that did it. */
export function OrderPage() {
  const { t } = useTranslation('console');
  const { orderId } = route.useParams();
  const queryClient = useQueryClient();
  const order = useQuery(orderQuery(orderId));
  useOrderEvents(orderId, undefined, order.data !== undefined && isInProgress(order.data.status), () => {
    void queryClient.invalidateQueries({ queryKey: ['console', 'order', orderId] });
    void queryClient.invalidateQueries({ queryKey: ['console', 'execution'] });
  });
  if (order.data) return <Details order={order.data} />;
  if (order.isPending) return <LoadingPage />;
  if (order.error instanceof ProblemError && order.error.status === 404) {
    return (
      <EmptyState title={t('order.unknown', { id: orderId })}>
        <Link to="/console/orders">{t('order.toOrders')}</Link>
      </EmptyState>
    );
  }
  return <ErrorState error={order.error} onRetry={() => void order.refetch()} />;
}

function Details({ order }: { order: Order }) {
  const { t } = useTranslation('console');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const timeline = useQuery(timelineQuery(order.order_id));
  const arns = executionsIn(timeline.data?.entries ?? [], order.execution_arn);
  const arn = search.execution ?? order.execution_arn;
  const execution = useQuery(executionQuery(arn));
  const choose = (state: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, state }), replace: true, resetScroll: false });

  return (
    <>
      <PageHead
        name={order.order_id}
        title={
          <span className={classes.head}>
            <span className="mono" style={{ fontSize: '1.125rem' }}>
              {order.order_id}
            </span>
            <Copy text={order.order_id} label={t('order.copyId')} />
            <span aria-live="polite">
              <StatusBadge status={order.status} />
            </span>
          </span>
        }
        description={
          <>
            <Link to="/console/workflows/$name" params={{ name: order.workflow }}>
              {order.workflow}
            </Link>
            {' · '}
            <Ago at={order.placed_at} />
          </>
        }
      />
      <Explanation order={order} execution={execution.data} />
      <div className={classes.machine}>
        <Panel title={t('order.timeline')} flush>
          <Loaded
            query={timeline}
            isEmpty={({ entries }) => entries.length === 0}
            empty={<EmptyState title={t('order.noTimeline')} />}
            rows={10}
          >
            {({ entries }) => <Timeline entries={entries} onState={choose} />}
          </Loaded>
        </Panel>
        <div style={{ display: 'grid', gap: '1rem', minWidth: 0 }}>
          <Panel
            title={t('order.machine')}
            flush
            actions={
              arns.length > 1 && (
                <Select
                  size="xs"
                  w={220}
                  aria-label={t('order.execution')}
                  data={arns.map((each) => ({ value: each, label: nameOf(each) }))}
                  value={arn}
                  allowDeselect={false}
                  onChange={(execution) =>
                    void navigate({ search: { execution: execution ?? undefined }, replace: true, resetScroll: false })
                  }
                />
              )
            }
          >
            <Machine arn={arn} chosen={search.state} onChoose={choose} running={isInProgress(order.status)} />
          </Panel>
          <OrderFacts order={order} />
        </div>
      </div>
    </>
  );
}

/** `checkout` of `arn:aws:states:eu-central-1:123456789012:execution:checkout:A-1`. */
function nameOf(arn: string): string {
  return arn.split(':')[6] ?? arn;
}
