import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { loadPart } from '~/app/load-part';
import type { Alarm } from '~/api/types';
import { Ago, Panel, StatusBadge } from '~/ui/basics';
import { EmptyState, Loaded, LoadingRows } from '~/ui/states';
import console from '../console.module.css';
import { alarmPointsQuery, alarmsQuery, type Range } from '../queries';

const AlarmChart = lazy(() => loadPart(() => import('./alarm-chart')).then(({ AlarmChart }) => ({ default: AlarmChart })));

/** The alarms with their states; one opened shows its metric against its threshold, and its history. */
export function Alarms({ range }: { range: Range }) {
  const { t } = useTranslation('console');
  const alarms = useQuery(alarmsQuery);
  const [opened, open] = useState<string>();
  return (
    <Panel title={t('alarms.title')} flush>
      <Loaded
        query={alarms}
        isEmpty={({ items }) => items.length === 0}
        empty={<EmptyState title={t('alarms.none')} />}
      >
        {({ items }) =>
          items.map((alarm) => (
            <div key={alarm.name}>
              <button
                type="button"
                className={console.row}
                aria-expanded={opened === alarm.name}
                onClick={() => open(opened === alarm.name ? undefined : alarm.name)}
              >
                <span className={console.rowHead}>
                  <span className={console.rowTitle}>{alarm.name}</span>
                  <StatusBadge status={alarm.state} />
                </span>
                <span className={console.dim}>
                  {alarm.reason} {alarm.since && <Ago at={alarm.since} />}
                </span>
              </button>
              {opened === alarm.name && <Details alarm={alarm} range={range} />}
            </div>
          ))
        }
      </Loaded>
    </Panel>
  );
}

function Details({ alarm, range }: { alarm: Alarm; range: Range }) {
  const { t } = useTranslation('console');
  const points = useQuery(alarmPointsQuery(alarm.name, range));
  return (
    <div style={{ padding: '0.75rem 1rem', borderBottom: '1px solid var(--app-line)' }}>
      <Loaded
        query={points}
        rows={4}
        isEmpty={(data) => data.points.length === 0}
        empty={<EmptyState title={t('dashboard.noPoints')} />}
      >
        {(data) => (
          <Suspense fallback={<LoadingRows rows={4} />}>
            <AlarmChart data={data} name={metricOf(alarm)} />
          </Suspense>
        )}
      </Loaded>
      <h3 className={console.rowTitle}>{t('alarms.history')}</h3>
      {alarm.history.map((change, index) => {
        const { old_state, new_state, at } = change as { old_state?: string; new_state?: string; at?: string };
        return (
          <div key={index} className={console.rowHead}>
            <span className={console.dim}>
              {old_state} → {new_state}
            </span>
            <span className={console.dim}>{at && <Ago at={at} />}</span>
          </div>
        );
      })}
    </div>
  );
}

function metricOf(alarm: Alarm): string {
  const metric = (alarm.rule as { MetricName?: unknown }).MetricName;
  return typeof metric === 'string' ? metric : alarm.name;
}
