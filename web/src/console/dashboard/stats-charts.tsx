import '@mantine/charts/styles.layer.css';
import { AreaChart, BarChart, LineChart } from '@mantine/charts';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Stats } from '~/api/types';
import { Panel } from '~/ui/basics';
import { EmptyState } from '~/ui/states';
import console from '../console.module.css';
import { tickOf } from './ticks';

const HEIGHT = 220;
const CURRENCY_COLOURS = ['accent.6', 'teal.6', 'orange.6', 'grape.6'];

/** The server's own rollups over time. */
export function StatsCharts({ stats }: { stats: Stats }) {
  const { t, i18n } = useTranslation('console');
  const data = useMemo(
    () =>
      stats.points.map((point) => ({
        ...point,
        tick: tickOf(point.at, stats.step_seconds, i18n.language),
        ...Object.fromEntries(Object.entries(point.revenue).map(([currency, amount]) => [`revenue_${currency}`, Number(amount)])),
      })),
    [stats, i18n.language],
  );
  const currencies = Object.keys(stats.totals.revenue);
  if (data.length === 0) return <EmptyState title={t('dashboard.noPoints')} />;
  const common = { h: HEIGHT, data, dataKey: 'tick', withLegend: true, tickLine: 'none', gridAxis: 'x' } as const;
  return (
    <div className={console.two}>
      <Panel title={t('dashboard.byOutcome')}>
        <BarChart
          {...common}
          type="stacked"
          series={[
            { name: 'confirmed', label: t('outcome.confirmed'), color: 'teal.7' },
            { name: 'rejected', label: t('outcome.rejected'), color: 'yellow.6' },
            { name: 'payment_failed', label: t('outcome.payment_failed'), color: 'orange.7' },
            { name: 'failed', label: t('outcome.failed'), color: 'red.7' },
            { name: 'cancelled', label: t('outcome.cancelled'), color: 'gray.5' },
          ]}
        />
      </Panel>
      <Panel title={t('dashboard.revenue')}>
        <AreaChart
          {...common}
          curveType="monotone"
          withDots={false}
          series={currencies.map((currency, index) => ({
            name: `revenue_${currency}`,
            label: currency,
            color: CURRENCY_COLOURS[index % CURRENCY_COLOURS.length] ?? 'accent.6',
          }))}
        />
      </Panel>
      <Panel title={t('dashboard.latencyOverTime')}>
        <LineChart
          {...common}
          curveType="monotone"
          withDots={false}
          unit=" ms"
          series={[
            { name: 'p50_ms', label: 'p50', color: 'accent.5' },
            { name: 'p99_ms', label: 'p99', color: 'orange.6' },
          ]}
        />
      </Panel>
      <Panel title={t('dashboard.pressure')}>
        <LineChart
          {...common}
          curveType="stepAfter"
          withDots={false}
          series={[
            { name: 'queue_depth', label: t('dashboard.queue'), color: 'accent.5' },
            { name: 'step_errors', label: t('dashboard.stepErrors'), color: 'red.6' },
          ]}
        />
      </Panel>
    </div>
  );
}
