import { Button, Group, Modal, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconDownload } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useOrderEvents } from '~/app/use-order-events';
import { API_BASE } from '~/api/base';
import { answer, api } from '~/api/client';
import { ProblemError } from '~/api/problem';
import type { Order } from '~/api/types';
import { DateTime, Money, Panel, StatusBadge, StatusText } from '~/ui/basics';
import { EmptyState, ErrorState, LoadingPage, useErrorText } from '~/ui/states';
import { isInProgress, isRefusal, toneOf } from '~/ui/tone';
import { cart } from './cart';
import { orderByLinkQuery } from './queries';
import classes from './shop.module.css';
import { Refusal, Totals } from './summary';

const route = getRouteApi('/shop/orders/$orderId');
const LOOK_AGAIN_MS = 20_000;

/** Where an order is, for who has its link. */
export function OrderPage() {
  const { t } = useTranslation('shop');
  const { orderId } = route.useParams();
  const { token } = route.useSearch();
  const queryClient = useQueryClient();
  const query = orderByLinkQuery(orderId, token);
  const order = useQuery({ ...query, refetchInterval: LOOK_AGAIN_MS });
  useOrderEvents(orderId, token, order.data !== undefined && isInProgress(order.data.status), () => {
    void queryClient.invalidateQueries({ queryKey: query.queryKey });
  });
  useEffect(() => {
    document.title = t('order.title');
  }, [t]);

  if (order.data) return <Details order={order.data} token={token} />;
  if (order.isPending) return <LoadingPage />;
  if (order.error instanceof ProblemError && order.error.kind === 'link-expired') {
    return <EmptyState title={t('order.expired')}>{t('order.expiredText')}</EmptyState>;
  }
  if (order.error instanceof ProblemError && [401, 404].includes(order.error.status)) {
    return <EmptyState title={t('order.unknown')}>{t('order.unknownText')}</EmptyState>;
  }
  return <ErrorState error={order.error} onRetry={() => void order.refetch()} />;
}

function Details({ order, token }: { order: Order; token: string | undefined }) {
  const { t } = useTranslation('shop');
  const navigate = useNavigate();
  const refused = isRefusal(order.status);
  const orderAgain = () => {
    for (const item of order.items) cart.add(item.sku, item.quantity);
    void navigate({ to: '/checkout' });
  };
  const receipt = `${API_BASE}/orders/${encodeURIComponent(order.order_id)}/receipt${token ? `?${new URLSearchParams({ token })}` : ''}`;
  return (
    <div className={classes.order}>
      <div>
        <Group justify="space-between" align="flex-start">
          <Title order={1}>{t('order.title')}</Title>
          <span aria-live="polite">
            <StatusBadge status={order.status} />
          </span>
        </Group>
        <Text c="dimmed" size="sm" className="mono">
          {order.order_id}
        </Text>
      </div>
      {refused && (
        <Refusal title={order.payment.status === 'declined' ? t('checkout.declined') : t('order.refused')}>
          {order.reason && <div>{order.reason}</div>}
          <Button variant="default" size="xs" mt="xs" onClick={orderAgain}>
            {t('order.again')}
          </Button>
        </Refusal>
      )}
      <Panel title={t('order.progress')}>
        <Steps order={order} />
      </Panel>
      <Panel title={t('order.items')}>
        {order.items.map((item) => (
          <div key={item.sku} className={classes.line}>
            <span className={classes.lineName}>{item.name ?? item.sku}</span>
            <span>× {item.quantity}</span>
            <Money money={item.amount} />
          </div>
        ))}
        {order.totals && <Totals totals={order.totals} />}
        {order.payment.refunded && (
          <Text size="sm" mt="xs">
            {t('order.refunded')} <Money money={order.payment.refunded} />
          </Text>
        )}
      </Panel>
      <Group>
        {order.receipt_url && (
          <Button component="a" href={receipt} download variant="default" leftSection={<IconDownload size={16} />}>
            {t('order.receipt')}
          </Button>
        )}
        {canBeCancelled(order) && <Cancel order={order} token={token} />}
      </Group>
    </div>
  );
}

/** A sale that has not left the house. What is still moving cannot be stopped half-way. */
function canBeCancelled(order: Order): boolean {
  return ['confirmed', 'completed'].includes(order.status.toLowerCase()) || order.status === 'PAID';
}

const AHEAD = ['placed', 'reserved', 'paid', 'confirmed', 'shipped', 'delivered'];

function Steps({ order }: { order: Order }) {
  const last = order.history.at(-1)?.status.toLowerCase() ?? '';
  const ahead = AHEAD.includes(last) ? AHEAD.slice(AHEAD.indexOf(last) + 1) : [];
  return (
    <ol className={classes.steps}>
      {order.history.map((step) => (
        <li
          key={`${step.status}-${step.at}`}
          className={`${classes.step} ${['failed', 'refused'].includes(toneOf(step.status)) ? classes.bad : classes.done}`}
        >
          <StatusText status={step.status} />
          <div className={classes.stepAt}>
            <DateTime at={step.at} />
          </div>
        </li>
      ))}
      {ahead.map((status) => (
        <li key={status} className={`${classes.step} ${classes.ahead}`}>
          <StatusText status={status} />
        </li>
      ))}
    </ol>
  );
}

function Cancel({ order, token }: { order: Order; token: string | undefined }) {
  const { t } = useTranslation(['shop', 'common']);
  const text = useErrorText();
  const queryClient = useQueryClient();
  const [opened, { open, close }] = useDisclosure();
  const cancelling = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/orders/{id}/cancel', {
          params: { path: { id: order.order_id }, query: { token, wait: 15 } },
        }),
      ),
    meta: { public: true },
    onSuccess: () => {
      close();
      notifications.show({ message: t('order.cancelled') });
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['order', order.order_id] }),
  });
  return (
    <>
      <Button variant="subtle" color="red" onClick={open}>
        {t('order.cancel')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('order.cancel')} closeButtonProps={{ 'aria-label': t('common:close') }}>
        <Text size="sm">{t('order.cancelText')}</Text>
        {cancelling.isError && (
          <Text size="sm" c="var(--mantine-color-error)" mt="sm" role="alert">
            {text(cancelling.error)}
          </Text>
        )}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close}>
            {t('order.keep')}
          </Button>
          <Button color="red" loading={cancelling.isPending} onClick={() => cancelling.mutate()}>
            {t('order.cancelNow')}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
