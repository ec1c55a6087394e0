import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import type { DeadLetter } from '~/api/types';
import { Ago, Json } from '~/ui/basics';
import { EmptyState, useErrorText } from '~/ui/states';
import console from '../console.module.css';
import { deadLettersQuery } from '../queries';
import { More } from '../shared/more';

/** What was given up, whatever it was. */
export function DeadLetters({ kind }: { kind?: string }) {
  const { t } = useTranslation('console');
  const letters = useInfiniteQuery(deadLettersQuery);
  const empty = <EmptyState title={t('messages.noDeadLetters')}>{t('messages.noDeadLettersText')}</EmptyState>;
  return (
    <More query={letters} empty={empty}>
      {(items) => {
        const shown = kind === undefined ? items : items.filter((letter) => letter.kind === kind);
        return shown.length === 0 ? empty : shown.map((letter) => <Letter key={letter.id} letter={letter} />);
      }}
    </More>
  );
}

function Letter({ letter }: { letter: DeadLetter }) {
  const { t } = useTranslation('console');
  const text = useErrorText();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState(false);
  const redelivering = useMutation({
    mutationFn: () =>
      answer<unknown>(api.POST('/dead-letters/{id}/redeliver', { params: { path: { id: letter.id } } })),
    onSuccess: () => notifications.show({ message: t('messages.redelivered') }),
    onError: (error) => notifications.show({ color: 'red', message: text(error) }),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['console'] }),
  });
  return (
    <div className={console.row} style={{ cursor: 'default' }}>
      <div className={console.rowHead}>
        <span className={console.rowTitle}>
          {letter.kind} → {letter.destination}
        </span>
        <span>
          <Button size="compact-xs" variant="subtle" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t('messages.content')}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            loading={redelivering.isPending}
            onClick={() => redelivering.mutate()}
          >
            {t('messages.redeliver')}
          </Button>
        </span>
      </div>
      <div className={console.dim}>
        {t('messages.attempts', { count: letter.attempts })} · <Ago at={letter.at} />
        {letter.last_error && ` · ${letter.last_error}`}
      </div>
      {open && <Json value={letter.content} label={t('messages.content')} />}
    </div>
  );
}
