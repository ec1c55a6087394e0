import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Ago } from '~/ui/basics';
import { EmptyState, Loaded } from '~/ui/states';
import console from '../console.module.css';
import { topicMessagesQuery, topicsQuery } from '../queries';
import { More } from '../shared/more';
import { DeadLetters } from './dead-letters';
import { Deliveries } from './deliveries';

/** Who is called over HTTP, how the calls fared, and those that were given up. */
export function Webhooks() {
  const { t } = useTranslation('console');
  const topics = useQuery(topicsQuery);
  return (
    <div className={console.two} style={{ padding: '1rem' }}>
      <section aria-label={t('messages.endpoints')}>
        <h2 className={console.rowTitle}>{t('messages.endpoints')}</h2>
        <Loaded query={topics}>
          {({ items }) => {
            const called = items.filter(({ subscriptions }) =>
              subscriptions.some(({ protocol }) => protocol.startsWith('http')),
            );
            if (called.length === 0) return <EmptyState title={t('messages.noWebhooks')} />;
            return called.map((topic) => (
              <div key={topic.name}>
                {topic.subscriptions
                  .filter(({ protocol }) => protocol.startsWith('http'))
                  .map(({ endpoint }) => (
                    <div key={endpoint} className={console.row} style={{ cursor: 'default' }}>
                      <span className={console.rowTitle}>{endpoint}</span>
                      <span className={console.dim}> · {topic.name}</span>
                    </div>
                  ))}
                <Calls topic={topic.name} />
              </div>
            ));
          }}
        </Loaded>
      </section>
      <section aria-label={t('messages.givenUp')}>
        <h2 className={console.rowTitle}>{t('messages.givenUp')}</h2>
        <DeadLetters kind="topic_delivery" />
      </section>
    </div>
  );
}

/** What was published to a topic, with the calls it led to. */
function Calls({ topic }: { topic: string }) {
  const { t } = useTranslation('console');
  const messages = useInfiniteQuery(topicMessagesQuery(topic));
  return (
    <section aria-label={t('messages.calls', { topic })}>
      <More query={messages} empty={<EmptyState title={t('messages.nothingPublished')} />}>
        {(items) =>
          items.map((message) => (
            <div key={message.id} className={console.row} style={{ cursor: 'default' }}>
              <div className={console.rowHead}>
                <span className={console.rowTitle}>{message.subject ?? message.key}</span>
                <span className={console.dim}>
                  <Ago at={message.at} />
                </span>
              </div>
              <Deliveries deliveries={message.deliveries} />
            </div>
          ))
        }
      </More>
    </section>
  );
}
