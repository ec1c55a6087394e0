import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Execution, Explanation as ExplanationData, Order } from '~/api/types';
import { Panel } from '~/ui/basics';
import { Loaded } from '~/ui/states';
import { toneOf } from '~/ui/tone';
import { explanationQuery } from '../queries';
import { CancelDialogue, RefundDialogue, ReopenLinkDialogue, ResendMailDialogue } from './dialogues';
import classes from './order.module.css';
import { RedriveDialogue } from './redrive';

type Action = ExplanationData['can_do'][number]['action'];

const DIALOGUES = {
  redrive: RedriveDialogue,
  cancel: CancelDialogue,
  refund: RefundDialogue,
  resend_mail: ResendMailDialogue,
  reopen_link: ReopenLinkDialogue,
} as const;

/** Why the order is where it is, in plain words, and what can be done about it. */
export function Explanation({ order, execution }: { order: Order; execution: Execution | undefined }) {
  const { t } = useTranslation('console');
  const explanation = useQuery(explanationQuery(order));
  const [open, setOpen] = useState<Action>();
  const close = () => setOpen(undefined);
  const Dialogue = open && DIALOGUES[open];
  return (
    <div style={{ marginBottom: '1rem' }}>
      <Panel flush>
        <Loaded query={explanation} rows={3}>
          {({ headline, reason, what_happened, can_do }) => (
            <div className={`${classes.explanation} ${classes[toneOf(order.status)]}`} style={{ padding: '0.875rem 1.125rem' }}>
              <Text fw={650}>{headline}</Text>
              {reason && (
                <Text size="sm" c="dimmed">
                  {reason}
                </Text>
              )}
              {what_happened.length > 0 && (
                <ul>
                  {what_happened.map((sentence) => (
                    <li key={sentence}>{sentence}</li>
                  ))}
                </ul>
              )}
              {can_do.length > 0 && (
                <div className={classes.actions} role="group" aria-label={t('order.canDo')}>
                  {can_do.map(({ action, why }) => (
                    <Button
                      key={action}
                      size="xs"
                      variant={action === 'redrive' ? 'filled' : 'default'}
                      title={why}
                      onClick={() => setOpen(action)}
                    >
                      {t(`action.${action}`)}
                    </Button>
                  ))}
                </div>
              )}
            </div>
          )}
        </Loaded>
      </Panel>
      {Dialogue && (
        <Dialogue
          order={order}
          execution={execution}
          why={explanation.data?.can_do.find(({ action }) => action === open)?.why ?? ''}
          onClose={close}
        />
      )}
    </div>
  );
}
