import { Alert, Table, Tabs } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { loadPart } from '~/app/load-part';
import { ProblemError } from '~/api/problem';
import type { Workflow } from '~/api/types';
import { Ago, Json, Metric, Metrics, Panel, StatusBadge, TableWrap } from '~/ui/basics';
import { formatCount, formatDuration } from '~/ui/format';
import { PageHead } from '~/ui/pages';
import { EmptyState, ErrorState, Loaded, LoadingPage, LoadingRows } from '~/ui/states';
import console from '../console.module.css';
import { executionsQuery, workflowProblemsQuery, workflowQuery, workflowStatsQuery } from '../queries';
import { More } from '../shared/more';
import { failureRate } from './failure-rate';
import { stateIn } from './state-in';
import { TestExecution } from './test-execution';

const StateGraph = lazy(() => loadPart(() => import('~/graph/state-graph')).then(({ StateGraph }) => ({ default: StateGraph })));

const route = getRouteApi('/console/workflows/$name');
const TABS = ['graph', 'states', 'executions', 'triggers', 'test'] as const;

/** One workflow: what it is, how it fares, and a place to try it. */
export function WorkflowPage() {
  const { t } = useTranslation('console');
  const { name } = route.useParams();
  const workflow = useQuery(workflowQuery(name));
  if (workflow.data) return <Details key={name} workflow={workflow.data} />;
  if (workflow.isPending) return <LoadingPage />;
  if (workflow.error instanceof ProblemError && workflow.error.status === 404) {
    return (
      <EmptyState title={t('workflows.unknown', { name })}>
        <Link to="/console/workflows">{t('nav.workflows')}</Link>
      </EmptyState>
    );
  }
  return <ErrorState error={workflow.error} onRetry={() => void workflow.refetch()} />;
}

function Details({ workflow }: { workflow: Workflow }) {
  const { t, i18n } = useTranslation('console');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const stats = useQuery(workflowStatsQuery('24h'));
  const row = stats.data?.items.find((each) => each.workflow === workflow.name);
  const tab = TABS.find((each) => each === search.tab) ?? 'graph';
  const show = (change: { tab?: string; state?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false });
  return (
    <div className={console.stack}>
      <PageHead title={workflow.name} name={workflow.name} description={workflow.description} />
      <Metrics>
        <Metric label={t('workflows.started')} value={row ? formatCount(row.started, i18n.language) : '—'} />
        <Metric label={t('workflows.failureRate')} value={failureRate(row, i18n.language)} />
        <Metric label="p50" value={formatDuration(row?.p50_ms, i18n.language)} />
        <Metric label="p99" value={formatDuration(row?.p99_ms, i18n.language)} />
      </Metrics>
      <Problems name={workflow.name} />
      <Panel flush>
        <Tabs value={tab} onChange={(chosen) => show({ tab: chosen ?? undefined })} keepMounted={false}>
          <Tabs.List>
            {TABS.map((each) => (
              <Tabs.Tab key={each} value={each} py="sm">
                {t(`workflows.tab.${each}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="graph">
            <Suspense fallback={<LoadingRows rows={8} />}>
              <StateGraph
                definition={workflow.definition}
                chosen={search.state}
                onChoose={(state) => show({ state })}
                label={t('graph.of', { name: workflow.name })}
              />
            </Suspense>
            <div style={{ padding: '1rem' }}>
              <Json
                value={search.state ? stateIn(workflow.definition, search.state) : workflow.definition}
                label={search.state ?? t('workflows.definition')}
              />
            </div>
          </Tabs.Panel>
          <Tabs.Panel value="states">
            <StatesTable name={workflow.name} />
          </Tabs.Panel>
          <Tabs.Panel value="executions">
            <Executions name={workflow.name} />
          </Tabs.Panel>
          <Tabs.Panel value="triggers" p="md">
            <Json value={workflow.triggers} label={t('workflows.tab.triggers')} />
          </Tabs.Panel>
          <Tabs.Panel value="test" p="md">
            <TestExecution workflow={workflow} />
          </Tabs.Panel>
        </Tabs>
      </Panel>
    </div>
  );
}

function Problems({ name }: { name: string }) {
  const { t } = useTranslation('console');
  const problems = useQuery(workflowProblemsQuery(name));
  if (!problems.data) return null;
  const { items } = problems.data;
  if (items.length === 0) {
    return (
      <div className={console.dim} style={{ display: 'flex', gap: '0.375rem', alignItems: 'center' }}>
        <IconCircleCheck size={16} color="var(--app-success)" aria-hidden /> {t('workflows.noProblems')}
      </div>
    );
  }
  return (
    <Alert
      variant="default"
      color="yellow"
      icon={<IconAlertTriangle size={18} />}
      title={t('workflows.problems', { count: items.length })}
    >
      {items.map(({ location, code, message }) => (
        <div key={`${location}-${code}`}>
          <span className="mono">{location ?? code}</span>: {message}
        </div>
      ))}
    </Alert>
  );
}

function StatesTable({ name }: { name: string }) {
  const { t, i18n } = useTranslation('console');
  const stats = useQuery(workflowStatsQuery('24h'));
  return (
    <Loaded query={stats}>
      {({ items }) => {
        const states = items.find((each) => each.workflow === name)?.states ?? [];
        if (states.length === 0) return <EmptyState title={t('workflows.notRun')} />;
        return (
          <TableWrap label={t('workflows.tab.states')}>
            <Table horizontalSpacing="md" fz="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('workflows.state')}</Table.Th>
                  <Table.Th ta="right">{t('workflows.count')}</Table.Th>
                  <Table.Th ta="right">{t('workflows.errors')}</Table.Th>
                  <Table.Th ta="right">p50</Table.Th>
                  <Table.Th ta="right">p99</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {states.map((state) => (
                  <Table.Tr key={state.name}>
                    <Table.Td>{state.name}</Table.Td>
                    <Table.Td ta="right">{formatCount(state.count, i18n.language)}</Table.Td>
                    <Table.Td ta="right">{formatCount(state.errors, i18n.language)}</Table.Td>
                    <Table.Td ta="right">{formatDuration(state.p50_ms, i18n.language)}</Table.Td>
                    <Table.Td ta="right">{formatDuration(state.p99_ms, i18n.language)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </TableWrap>
        );
      }}
    </Loaded>
  );
}

function Executions({ name }: { name: string }) {
  const { t } = useTranslation('console');
  const executions = useInfiniteQuery(executionsQuery(name));
  return (
    <More query={executions} empty={<EmptyState title={t('workflows.notRun')} />}>
      {(items) =>
        items.map((execution) => (
          <Link
            key={execution.execution_arn}
            to="/console/orders/$orderId"
            params={{ orderId: execution.name }}
            search={{ execution: execution.execution_arn }}
            className={console.row}
          >
            <span className={console.rowHead}>
              <span className={`${console.rowTitle} mono`}>{execution.name}</span>
              <StatusBadge status={execution.status} />
            </span>
            <span className={console.dim}>
              <Ago at={execution.started_at} />
            </span>
          </Link>
        ))
      }
    </More>
  );
}
