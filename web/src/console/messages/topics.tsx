import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Ago, Json } from '~/ui/basics';
import { EmptyState, Loaded } from '~/ui/states';
import console from '../console.module.css';
import { topicMessagesQuery, topicsQuery } from '../queries';
import { More } from '../shared/more';
import { Deliveries } from './deliveries';

const route = getRouteApi('/console/messages');

/** The topics with who listens, and what was published to them. */
export function Topics() {
  const { t } = useTranslation('console');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const topics = useQuery(topicsQuery);
  return (
    <Loaded
      query={topics}
      isEmpty={({ items }) => items.length === 0}
      empty={<EmptyState title={t('messages.noTopics')} />}
    >
      {({ items }) => {
        const shown = items.find(({ name }) => name === search.topic) ?? items[0];
        return (
          <div className={console.two} style={{ padding: '1rem' }}>
            <div>
              {items.map((topic) => (
                <button
                  key={topic.name}
                  type="button"
                  className={console.row}
                  aria-pressed={topic.name === shown?.name}
                  onClick={() =>
                    void navigate({ search: (before) => ({ ...before, topic: topic.name }), replace: true })
                  }
                >
                  <span className={console.rowHead}>
                    <span className={console.rowTitle}>{topic.name}</span>
                    <span className={console.dim}>{t('messages.published', { count: topic.published })}</span>
                  </span>
                  {topic.subscriptions.map(({ protocol, endpoint }) => (
                    <span key={`${protocol}${endpoint}`} className={console.dim} style={{ display: 'block' }}>
                      {protocol} · {endpoint}
                    </span>
                  ))}
                </button>
              ))}
            </div>
            {shown && <Published key={shown.name} topic={shown.name} />}
          </div>
        );
      }}
    </Loaded>
  );
}

function Published({ topic }: { topic: string }) {
  const { t } = useTranslation('console');
  const messages = useInfiniteQuery(topicMessagesQuery(topic));
  return (
    <section aria-label={topic} className={console.scroll} tabIndex={0}>
      <More query={messages} empty={<EmptyState title={t('messages.nothingPublished')} />}>
        {(items) =>
          items.map((message) => (
            <div key={message.id} style={{ marginBottom: '0.75rem' }}>
              <div className={console.rowHead}>
                <span className={console.rowTitle}>{message.subject ?? message.key}</span>
                <span className={console.dim}>
                  <Ago at={message.at} />
                </span>
              </div>
              <Deliveries deliveries={message.deliveries} />
              <Json value={readable(message.message)} label={message.subject ?? message.key} />
            </div>
          ))
        }
      </More>
    </section>
  );
}

/** A message that is JSON as JSON, any other as it is. */
function readable(message: string): unknown {
  try {
    return JSON.parse(message) as unknown;
  } catch {
    return message;
  }
}
