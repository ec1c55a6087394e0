import '@mantine/charts/styles.layer.css';
import { LineChart } from '@mantine/charts';
import { useTranslation } from 'react-i18next';
import type { AlarmPoints } from '~/api/types';
import { tickOf } from './ticks';

/** A metric over time with the line that must not be crossed. */
export function AlarmChart({ data, name }: { data: AlarmPoints; name: string }) {
  const { t, i18n } = useTranslation('console');
  const value = data.threshold ?? undefined;
  const threshold =
    value === undefined
      ? []
      : [
          {
            y: value,
            color: 'red.6',
            label: t('alarms.threshold', { value }),
            labelPosition: 'insideTopRight' as const,
          },
        ];
  return (
    <LineChart
      h={180}
      data={data.points.map((point) => ({ tick: tickOf(point.at, data.step_seconds, i18n.language), value: point.value }))}
      dataKey="tick"
      tickLine="none"
      gridAxis="x"
      withDots={false}
      curveType="stepAfter"
      connectNulls={false}
      yAxisProps={{ domain: [0, (max: number) => Math.max(max, data.threshold ?? 0) * 1.1 || 1] }}
      referenceLines={threshold}
      series={[{ name: 'value', label: name, color: 'accent.5' }]}
    />
  );
}
