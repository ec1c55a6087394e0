import '@mantine/charts/styles.layer.css';
import { LineChart } from '@mantine/charts';
import { useTranslation } from 'react-i18next';
import type { AlarmPoints } from '~/api/types';
import { tickOf } from './ticks';

/** A metric over time with the line that must not be crossed. */
export function AlarmChart({ data, name }: { data: AlarmPoints; name: string }) {
  const { t, i18n } = useTranslation('console');
  return (
    <LineChart
      h={180}
      data={data.points.map((point) => ({ tick: tickOf(point.at, 60, i18n.language), value: point.value }))}
      dataKey="tick"
      tickLine="none"
      gridAxis="x"
      withDots={false}
      curveType="stepAfter"
      connectNulls={false}
      yAxisProps={{ domain: [0, (max: number) => Math.max(max, data.threshold) * 1.1 || 1] }}
      referenceLines={[
        { y: data.threshold, color: 'red.6', label: t('alarms.threshold', { value: data.threshold }), labelPosition: 'insideTopRight' },
      ]}
      series={[{ name: 'value', label: name, color: 'accent.5' }]}
    />
  );
}
