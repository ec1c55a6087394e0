import { useMantineColorScheme } from '@mantine/core';
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { IconArrowRight, IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PAGES } from './pages';
import { workflowsQuery } from './queries';

/** Everything by its name, from the keyboard. What is typed can also be looked for among the orders. */
export function CommandPalette() {
  const { t } = useTranslation('console');
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const [wanted, setWanted] = useState('');
  const workflows = useQuery(workflowsQuery);

  const pages: SpotlightActionData[] = PAGES.map(({ to, label, icon: Icon }) => ({
    id: to,
    label: t(label),
    leftSection: <Icon size={18} stroke={1.7} />,
    onClick: () => void navigate({ to }),
  }));
  const machines: SpotlightActionData[] = (workflows.data?.items ?? []).map(({ name }) => ({
    id: `workflow-${name}`,
    label: t('palette.workflow', { name }),
    leftSection: <IconArrowRight size={18} stroke={1.7} />,
    onClick: () => void navigate({ to: '/console/workflows/$name', params: { name } }),
  }));
  const text = wanted.trim();
  const search: SpotlightActionData[] =
    text === ''
      ? []
      : [
          {
            id: 'find-orders',
            label: t('palette.findOrders', { q: text }),
            keywords: text,
            leftSection: <IconSearch size={18} stroke={1.7} />,
            onClick: () => void navigate({ to: '/console/orders', search: { q: text } }),
          },
          {
            id: 'open-order',
            label: t('palette.openOrder', { id: text }),
            keywords: text,
            leftSection: <IconArrowRight size={18} stroke={1.7} />,
            onClick: () => void navigate({ to: '/console/orders/$orderId', params: { orderId: text } }),
          },
        ];
  const looks: SpotlightActionData[] = [
    { id: 'dark', label: t('palette.dark'), leftSection: <IconMoon size={18} />, onClick: () => setColorScheme('dark') },
    { id: 'light', label: t('palette.light'), leftSection: <IconSun size={18} />, onClick: () => setColorScheme('light') },
  ];
  return (
    <Spotlight
      actions={[...search, ...pages, ...machines, ...looks]}
      query={wanted}
      onQueryChange={setWanted}
      shortcut={['mod + K']}
      nothingFound={t('palette.nothing')}
      limit={9}
      highlightQuery
      searchProps={{ placeholder: t('palette.placeholder'), 'aria-label': t('palette.placeholder') }}
    />
  );
}
