import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Panel, TableWrap } from '~/ui/basics';
import { formatCount, formatDuration } from '~/ui/format';
import { PageHead } from '~/ui/pages';
import { EmptyState, Loaded } from '~/ui/states';
import console from '../console.module.css';
import { workflowsQuery, workflowStatsQuery } from '../queries';
import { failureRate } from './failure-rate';

/** What runs, and how it fared in the last day. */
export function WorkflowsPage() {
  const { t, i18n } = useTranslation('console');
  const workflows = useQuery(workflowsQuery);
  const stats = useQuery(workflowStatsQuery('24h'));
  return (
    <>
      <PageHead title={t('nav.workflows')} name={t('nav.workflows')} description={t('workflows.text')} />
      <Panel flush>
        <Loaded
          query={workflows}
          isEmpty={({ items }) => items.length === 0}
          empty={<EmptyState title={t('workflows.none')} />}
        >
          {({ items }) => (
            <TableWrap label={t('nav.workflows')}>
              <Table horizontalSpacing="md" verticalSpacing="sm" fz="sm" highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('workflows.name')}</Table.Th>
                    <Table.Th ta="right">{t('workflows.started')}</Table.Th>
                    <Table.Th ta="right">{t('workflows.failureRate')}</Table.Th>
                    <Table.Th ta="right">p50</Table.Th>
                    <Table.Th ta="right">p99</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((workflow) => {
                    const row = stats.data?.items.find((each) => each.workflow === workflow.name);
                    return (
                      <Table.Tr key={workflow.name}>
                        <Table.Td>
                          <Link
                            to="/console/workflows/$name"
                            params={{ name: workflow.name }}
                            className={console.clickable}
                          >
                            {workflow.name}
                          </Link>
                          <div className={console.dim}>{workflow.description}</div>
                        </Table.Td>
                        <Table.Td ta="right">{row ? formatCount(row.started, i18n.language) : '—'}</Table.Td>
                        <Table.Td ta="right">{failureRate(row, i18n.language)}</Table.Td>
                        <Table.Td ta="right">{formatDuration(row?.p50_ms, i18n.language)}</Table.Td>
                        <Table.Td ta="right">{formatDuration(row?.p99_ms, i18n.language)}</Table.Td>
                      </Table.Tr>
                    );
                  })}
                </Table.Tbody>
              </Table>
            </TableWrap>
          )}
        </Loaded>
      </Panel>
    </>
  );
}
