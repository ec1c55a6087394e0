import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { loadPart } from '~/app/load-part';
import { Metric, Metrics } from '~/ui/basics';
import { formatCount, formatDuration, formatRevenue } from '~/ui/format';
import { PageHead } from '~/ui/pages';
import { Loaded, LoadingRows } from '~/ui/states';
import console from '../console.module.css';
import { RANGES, statsQuery, type Range } from '../queries';
import { Alarms } from './alarms';
import { AuditPanel } from './audit-panel';

const StatsCharts = lazy(() => loadPart(() => import('./stats-charts')).then(({ StatsCharts }) => ({ default: StatsCharts })));

const route = getRouteApi('/console/');

/** How the shop is doing. */
export function DashboardPage() {
  const { t, i18n } = useTranslation('console');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const range: Range = RANGES.find((each) => each === search.range) ?? '1h';
  const stats = useQuery(statsQuery(range));
  return (
    <div className={console.stack}>
      <PageHead
        title={t('dashboard.title')}
        name={t('dashboard.title')}
        actions={
          <SegmentedControl
            aria-label={t('dashboard.range')}
            data={RANGES.map((each) => ({ value: each, label: t(`dashboard.${each}`) }))}
            value={range}
            onChange={(chosen) => void navigate({ search: { range: chosen }, replace: true })}
          />
        }
      />
      <Loaded query={stats} rows={10}>
        {(data) => (
          <>
            <Metrics>
              <Metric
                label={t('dashboard.orders')}
                value={formatCount(data.totals.orders, i18n.language)}
                hint={t('dashboard.confirmed', { count: data.totals.confirmed })}
              />
              <Metric label={t('dashboard.revenue')} value={formatRevenue(data.totals.revenue, i18n.language)} />
              <Metric
                label={t('dashboard.refused')}
                value={formatCount(data.totals.rejected + data.totals.payment_failed + data.totals.failed, i18n.language)}
                hint={t('dashboard.refusedHint', {
                  rejected: data.totals.rejected,
                  payment: data.totals.payment_failed,
                })}
              />
              <Metric
                label={t('dashboard.latency')}
                value={formatDuration(data.totals.p50_ms, i18n.language)}
                hint={t('dashboard.p99', { duration: formatDuration(data.totals.p99_ms, i18n.language) })}
              />
              <Metric label={t('dashboard.queue')} value={formatCount(data.totals.queue_depth, i18n.language)} />
              <Metric label={t('dashboard.stepErrors')} value={formatCount(data.totals.step_errors, i18n.language)} />
            </Metrics>
            <Suspense fallback={<LoadingRows rows={8} />}>
              <StatsCharts stats={data} />
            </Suspense>
          </>
        )}
      </Loaded>
      <div className={console.two}>
        <Alarms range={range} />
        <AuditPanel />
      </div>
    </div>
  );
}
