import { Button, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import type { Execution, Order } from '~/api/types';
import { Copy } from '~/ui/basics';
import { Loaded } from '~/ui/states';
import { Dialogue } from '../shared/dialogue';
import { orderMailsQuery } from '../queries';

export interface ActionProps {
  order: Order;
  execution: Execution | undefined;
  /** Why this can be done, as the server says. */
  why: string;
  onClose: () => void;
}

const WAIT_SECONDS = 15;

export function CancelDialogue({ order, why, onClose }: ActionProps) {
  const { t } = useTranslation('console');
  return (
    <Dialogue
      title={t('action.cancel')}
      confirm={t('cancel.confirm')}
      danger
      done={t('cancel.done')}
      onClose={onClose}
      act={() =>
        answer<unknown>(
          api.POST('/orders/{id}/cancel', {
            params: { path: { id: order.order_id }, query: { wait: WAIT_SECONDS } },
          }),
        )
      }
    >
      {() => (
        <>
          <Text size="sm">{why}</Text>
          <Text size="sm">{t('cancel.text')}</Text>
        </>
      )}
    </Dialogue>
  );
}

export function RefundDialogue({ order, why, onClose }: ActionProps) {
  const { t } = useTranslation('console');
  const [amount, setAmount] = useState('');
  const [reason, setReason] = useState('');
  return (
    <Dialogue
      title={t('action.refund')}
      confirm={t('refund.confirm')}
      danger
      done={t('refund.done')}
      onClose={onClose}
      fields={['amount', 'reason']}
      act={() =>
        answer<unknown>(
          api.POST('/orders/{id}/refund', {
            params: { path: { id: order.order_id } },
            body: { amount: amount.trim() || undefined, reason: reason.trim() },
          }),
        )
      }
    >
      {(errors) => (
        <>
          <Text size="sm">{why}</Text>
          <TextInput
            label={t('refund.amount', { currency: order.payment.charged?.currency ?? '' })}
            description={t('refund.all')}
            inputMode="decimal"
            data-autofocus
            value={amount}
            onChange={(event) => setAmount(event.currentTarget.value)}
            error={errors['amount']}
          />
          <TextInput
            label={t('reason')}
            required
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            error={errors['reason']}
          />
        </>
      )}
    </Dialogue>
  );
}

export function ResendMailDialogue({ order, why, onClose }: ActionProps) {
  const { t } = useTranslation('console');
  const mails = useQuery(orderMailsQuery(order.order_id));
  const [chosen, choose] = useState<number>();
  const mail = chosen ?? mails.data?.[0]?.id;
  return (
    <Dialogue
      title={t('action.resend_mail')}
      confirm={t('resend.confirm')}
      disabled={mail === undefined}
      done={t('resend.done')}
      onClose={onClose}
      act={async () => {
        if (mail === undefined) return;
        await answer<unknown>(
          api.POST('/orders/{id}/mails/{mail_id}/resend', { params: { path: { id: order.order_id, mail_id: mail } } }),
        );
      }}
    >
      {() => (
        <>
          <Text size="sm">{why}</Text>
          <Loaded query={mails} rows={2}>
            {(items) => (
              <Radio.Group label={t('resend.which')} value={mail?.toString()} onChange={(id) => choose(Number(id))}>
                <Stack gap="xs" mt="xs">
                  {items.map((each) => (
                    <Radio key={each.id} value={each.id.toString()} label={each.subject} description={each.to} />
                  ))}
                </Stack>
              </Radio.Group>
            )}
          </Loaded>
        </>
      )}
    </Dialogue>
  );
}

export function ReopenLinkDialogue({ order, why, onClose }: ActionProps) {
  const { t } = useTranslation(['console', 'common']);
  const [link, setLink] = useState<{ url: string }>();
  return (
    <Dialogue
      title={t('action.reopen_link')}
      confirm={t('link.confirm')}
      disabled={link !== undefined}
      onClose={onClose}
      onDone={setLink}
      act={() => answer(api.POST('/orders/{id}/link', { params: { path: { id: order.order_id } } }))}
    >
      {() =>
        link === undefined ? (
          <Text size="sm">{why}</Text>
        ) : (
          <>
            <TextInput
              readOnly
              label={t('link.url')}
              value={link.url}
              rightSection={<Copy text={link.url} label={t('link.copy')} />}
            />
            <Button component="a" href={link.url} target="_blank" rel="noreferrer" variant="subtle" size="xs">
              {t('link.open')}
            </Button>
          </>
        )
      }
    </Dialogue>
  );
}
