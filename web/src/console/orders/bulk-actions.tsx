import { Button, CloseButton, Group, Modal, Progress, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import type { Order } from '~/api/types';
import { useErrorText } from '~/ui/states';
import { inParallel } from './in-parallel';
import classes from './orders.module.css';

const ACTIONS = ['ship', 'deliver', 'cancel'] as const;
type Action = (typeof ACTIONS)[number];

const WAIT_SECONDS = 10;
const AT_ONCE = 4;

const send = (action: Action, id: string) =>
  answer<unknown>(api.POST(`/orders/{id}/${action}`, { params: { path: { id }, query: { wait: WAIT_SECONDS } } }));

/** The same for several orders: each on its own, so that one that cannot does not stop the rest. */
export function BulkActions({ orders, onClear }: { orders: Order[]; onClear: () => void }) {
  const { t } = useTranslation(['console', 'common']);
  const text = useErrorText();
  const queryClient = useQueryClient();
  const [asked, ask] = useState<Action>();
  const [done, setDone] = useState(0);
  const acting = useMutation({
    mutationFn: async (action: Action) => {
      setDone(0);
      return inParallel(orders, AT_ONCE, async (order) => {
        try {
          await send(action, order.order_id);
          return undefined;
        } catch (error) {
          return { id: order.order_id, error };
        } finally {
          setDone((before) => before + 1);
        }
      });
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['console'] }),
  });
  const failures = acting.data?.filter((failure) => failure !== undefined) ?? [];
  const close = () => {
    ask(undefined);
    if (acting.isSuccess && failures.length === 0) onClear();
    acting.reset();
  };
  return (
    <div className={classes.bulk} role="region" aria-label={t('orders.selected', { count: orders.length })}>
      <Text size="sm" fw={600}>
        {t('orders.selected', { count: orders.length })}
      </Text>
      {ACTIONS.map((action) => (
        <Button
          key={action}
          size="compact-sm"
          variant="default"
          color={action === 'cancel' ? 'red' : undefined}
          onClick={() => ask(action)}
        >
          {t(`action.${action}`)}
        </Button>
      ))}
      <CloseButton size="sm" onClick={onClear} aria-label={t('orders.unselect')} ml="auto" />
      <Modal
        opened={asked !== undefined}
        onClose={close}
        title={asked && t(`action.${asked}`)}
        closeButtonProps={{ 'aria-label': t('common:close') }}
      >
        {asked && (
          <>
            {acting.isIdle && <Text size="sm">{t(`orders.bulk.${asked}`, { count: orders.length })}</Text>}
            {!acting.isIdle && (
              <>
                <Progress value={(100 * done) / orders.length} aria-label={t('orders.bulk.progress')} />
                <Text size="sm" mt="xs" role="status">
                  {t('orders.bulk.done', { done: done - failures.length, count: orders.length })}
                </Text>
              </>
            )}
            {failures.map(({ id, error }) => (
              <Text key={id} size="sm" mt="xs" c="var(--mantine-color-error)">
                <span className="mono">{id}</span>: {text(error)}
              </Text>
            ))}
            <Group justify="flex-end" mt="lg">
              <Button variant="default" onClick={close} disabled={acting.isPending}>
                {acting.isSuccess ? t('common:close') : t('common:cancel')}
              </Button>
              {!acting.isSuccess && (
                <Button
                  color={asked === 'cancel' ? 'red' : undefined}
                  loading={acting.isPending}
                  onClick={() => acting.mutate(asked)}
                >
                  {t(`action.${asked}`)}
                </Button>
              )}
            </Group>
          </>
        )}
      </Modal>
    </div>
  );
}
