import { Table, Tabs, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { StateRun } from '~/api/types';
import { DateTime, Facts, Json, StatusBadge, TableWrap } from '~/ui/basics';
import { formatDuration } from '~/ui/format';

/** One state of one execution: what went in, what came out, how often it was tried. */
export function StateInspector({ run }: { run: StateRun | undefined }) {
  const { t, i18n } = useTranslation('console');
  if (run === undefined) return null;
  const failed = run.error !== null && run.error !== undefined;
  return (
    <section aria-label={t('state.of', { name: run.name })} style={{ borderTop: '1px solid var(--app-line)' }}>
      <Tabs defaultValue={failed ? 'error' : 'input'} key={`${run.name}-${failed}`} keepMounted={false}>
        <Tabs.List>
          <Text fw={650} size="sm" px="md" py="xs">
            {run.name}
          </Text>
          {failed && <Tabs.Tab value="error">{t('state.error')}</Tabs.Tab>}
          <Tabs.Tab value="input">{t('state.input')}</Tabs.Tab>
          <Tabs.Tab value="output">{t('state.output')}</Tabs.Tab>
          <Tabs.Tab value="attempts">{t('state.attempts', { count: run.attempts.length })}</Tabs.Tab>
          <Tabs.Tab value="facts">{t('state.facts')}</Tabs.Tab>
        </Tabs.List>
        {failed && (
          <Tabs.Panel value="error" p="md">
            <Facts
              facts={[
                [t('state.error'), <span key="error" className="mono">{run.error}</span>],
                [t('state.cause'), run.cause ?? '—'],
              ]}
            />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="input" p="md">
          <Json value={run.input ?? null} label={t('state.input')} />
        </Tabs.Panel>
        <Tabs.Panel value="output" p="md">
          <Json value={run.output ?? null} label={t('state.output')} />
        </Tabs.Panel>
        <Tabs.Panel value="attempts" p="md">
          {run.attempts.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t('state.noAttempts')}
            </Text>
          ) : (
            <TableWrap label={t('state.attempts', { count: run.attempts.length })}>
              <Table fz="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('state.at')}</Table.Th>
                    <Table.Th>{t('state.duration')}</Table.Th>
                    <Table.Th>{t('state.error')}</Table.Th>
                    <Table.Th>{t('state.cause')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {run.attempts.map((attempt, index) => (
                    <Table.Tr key={index}>
                      <Table.Td>
                        <DateTime at={attempt.at} />
                      </Table.Td>
                      <Table.Td>{formatDuration(attempt.duration_ms, i18n.language)}</Table.Td>
                      <Table.Td className="mono">{attempt.error ?? '—'}</Table.Td>
                      <Table.Td>{attempt.cause ?? '—'}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </TableWrap>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="facts" p="md">
          <Facts
            facts={[
              [t('state.status'), <StatusBadge key="status" status={run.status} />],
              [t('state.type'), run.type],
              [t('state.entered'), run.entered_at ? <DateTime key="in" at={run.entered_at} /> : '—'],
              [t('state.exited'), run.exited_at ? <DateTime key="out" at={run.exited_at} /> : '—'],
              [t('state.duration'), formatDuration(run.duration_ms, i18n.language)],
            ]}
          />
        </Tabs.Panel>
      </Tabs>
    </section>
  );
}
