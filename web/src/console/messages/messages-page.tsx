import { Tabs } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Panel } from '~/ui/basics';
import { PageHead } from '~/ui/pages';
import { DeadLetters } from './dead-letters';
import { Mailbox } from './mailbox';
import { Queues } from './queues';
import { Topics } from './topics';
import { Webhooks } from './webhooks';

const route = getRouteApi('/console/messages');

const TABS = {
  mailbox: Mailbox,
  topics: Topics,
  webhooks: Webhooks,
  queues: Queues,
  'dead-letters': DeadLetters,
} as const;

type Tab = keyof typeof TABS;

/** What went out, what waits, and what was given up. */
export function MessagesPage() {
  const { t } = useTranslation('console');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tab: Tab = search.tab !== undefined && search.tab in TABS ? (search.tab as Tab) : 'mailbox';
  const Content = TABS[tab];
  return (
    <>
      <PageHead title={t('nav.messages')} name={t('nav.messages')} />
      <Panel flush>
        <Tabs
          value={tab}
          onChange={(chosen) => void navigate({ search: { tab: chosen ?? undefined }, replace: true })}
          keepMounted={false}
        >
          <Tabs.List>
            {(Object.keys(TABS) as Tab[]).map((each) => (
              <Tabs.Tab key={each} value={each} py="sm">
                {t(`messages.${each}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value={tab}>
            <Content />
          </Tabs.Panel>
        </Tabs>
      </Panel>
    </>
  );
}
