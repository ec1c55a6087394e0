import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { EmptyState, Loaded } from '~/ui/states';
import console from '../console.module.css';
import { topicsQuery } from '../queries';
import { DeadLetters } from './dead-letters';

/** Who is called over HTTP, and the calls that were given up. */
export function Webhooks() {
  const { t } = useTranslation('console');
  const topics = useQuery(topicsQuery);
  return (
    <div className={console.two} style={{ padding: '1rem' }}>
      <section aria-label={t('messages.endpoints')}>
        <h2 className={console.rowTitle}>{t('messages.endpoints')}</h2>
        <Loaded query={topics}>
          {({ items }) => {
            const endpoints = items.flatMap((topic) =>
              topic.subscriptions
                .filter(({ protocol }) => protocol.startsWith('http'))
                .map(({ endpoint }) => ({ topic: topic.name, endpoint })),
            );
            if (endpoints.length === 0) return <EmptyState title={t('messages.noWebhooks')} />;
            return endpoints.map(({ topic, endpoint }) => (
              <div key={`${topic}${endpoint}`} className={console.row} style={{ cursor: 'default' }}>
                <span className={console.rowTitle}>{endpoint}</span>
                <span className={console.dim}> · {topic}</span>
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
