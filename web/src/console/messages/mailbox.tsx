import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { API_BASE } from '~/api/base';
import { answer, api } from '~/api/client';
import type { Mail } from '~/api/types';
import { Ago, DateTime, Facts, StatusBadge } from '~/ui/basics';
import { EmptyState, Loaded, useErrorText } from '~/ui/states';
import { TypedInput } from '~/ui/typed-input';
import console from '../console.module.css';
import { mailboxQuery, mailQuery } from '../queries';
import { More } from '../shared/more';

const route = getRouteApi('/console/messages');

/** Every mail as its recipient sees it. */
export function Mailbox() {
  const { t } = useTranslation('console');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mails = useInfiniteQuery(mailboxQuery(search.q));
  const first = mails.data?.pages[0]?.items[0]?.id.toString();
  const shown = search.mail ?? first;
  return (
    <div style={{ padding: '1rem' }}>
      <TypedInput
        label={t('messages.searchMail')}
        value={search.q}
        onTyped={(wanted) => void navigate({ search: (before) => ({ ...before, q: wanted }), replace: true })}
        isSearch
        mb="sm"
      />
      <div className={console.two}>
        <div className={console.scroll} role="region" aria-label={t('messages.mailbox')} tabIndex={0}>
          <More query={mails} empty={<EmptyState title={t('messages.noMail')} />}>
            {(items) =>
              items.map((mail) => (
                <button
                  key={mail.id}
                  type="button"
                  className={console.row}
                  aria-pressed={mail.id.toString() === shown}
                  onClick={() =>
                    void navigate({
                      search: (before) => ({ ...before, mail: mail.id.toString() }),
                      replace: true,
                      resetScroll: false,
                    })
                  }
                >
                  <span className={console.rowHead}>
                    <span className={console.rowTitle}>{mail.subject}</span>
                    <StatusBadge status={mail.state} />
                  </span>
                  <span className={`${console.rowHead} ${console.dim}`}>
                    <span>{mail.to}</span>
                    <Ago at={mail.at} />
                  </span>
                </button>
              ))
            }
          </More>
        </div>
        {shown !== undefined && <Reader key={shown} id={shown} />}
      </div>
    </div>
  );
}

function Reader({ id }: { id: string }) {
  const { t } = useTranslation('console');
  const mail = useQuery(mailQuery(id));
  return (
    <Loaded query={mail}>
      {(data) => (
        <section aria-label={data.subject}>
          <Facts
            facts={[
              [t('messages.to'), data.to_name ? `${data.to_name} <${data.to}>` : data.to],
              [t('messages.subject'), data.subject],
              [t('messages.at'), <DateTime key="at" at={data.at} />],
              [
                t('messages.order'),
                <Link key="order" to="/console/orders/$orderId" params={{ orderId: data.order_id }} className="mono">
                  {data.order_id}
                </Link>,
              ],
              [t('messages.attachments'), data.attachments.map(({ file_name }) => file_name).join(', ') || '—'],
              ...(data.last_error ? ([[t('messages.lastError'), data.last_error]] as [string, string][]) : []),
            ]}
          />
          <Resend mail={data} />
          {/* The server shows it inert: no scripts, nothing fetched from elsewhere. */}
          <iframe className={console.mailFrame} sandbox="" src={`${API_BASE}/mailbox/${data.id}.html`} title={data.subject} />
        </section>
      )}
    </Loaded>
  );
}

function Resend({ mail }: { mail: Mail }) {
  const { t } = useTranslation('console');
  const text = useErrorText();
  const queryClient = useQueryClient();
  const resending = useMutation({
    mutationFn: () =>
      answer<unknown>(
        api.POST('/orders/{id}/mails/{mail_id}/resend', {
          params: { path: { id: mail.order_id, mail_id: mail.id } },
        }),
      ),
    onSuccess: () => notifications.show({ message: t('resend.done') }),
    onError: (error) => notifications.show({ color: 'red', message: text(error) }),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['console'] }),
  });
  return (
    <Button size="xs" variant="default" my="sm" loading={resending.isPending} onClick={() => resending.mutate()}>
      {t('action.resend_mail')}
    </Button>
  );
}
