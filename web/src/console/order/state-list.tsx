import { useTranslation } from 'react-i18next';
import type { StateRun } from '~/api/types';
import { StatusBadge } from '~/ui/basics';
import { formatDuration } from '~/ui/format';
import { toneOf } from '~/ui/tone';
import classes from './order.module.css';

/** The states in the order they were entered, each with its share of the whole time. */
export function StateList(props: { runs: StateRun[]; chosen: string | undefined; onChoose: (state: string) => void }) {
  const { t, i18n } = useTranslation('console');
  const reached = props.runs.filter((run) => run.status !== 'not_reached');
  const from = Math.min(...reached.map((run) => timeOf(run.entered_at) ?? Infinity));
  const to = Math.max(...reached.map((run) => timeOf(run.exited_at) ?? timeOf(run.entered_at) ?? -Infinity));
  const span = Math.max(to - from, 1);
  return (
    <ol className={classes.states} aria-label={t('order.states')}>
      {reached.map((run, index) => {
        const entered = timeOf(run.entered_at) ?? from;
        const exited = timeOf(run.exited_at) ?? to;
        return (
          <li key={`${run.name}-${index}`}>
            <button
              type="button"
              className={classes.stateRow}
              aria-pressed={run.name === props.chosen}
              onClick={() => props.onChoose(run.name)}
            >
              <span>{run.name}</span>
              <StatusBadge status={run.status} />
              <span className={classes.track} aria-hidden>
                <span
                  className={`${classes.bar} ${classes[toneOf(run.status)]}`}
                  style={{
                    left: `${(100 * (entered - from)) / span}%`,
                    width: `${(100 * (exited - entered)) / span}%`,
                    color: 'var(--tone)',
                  }}
                />
              </span>
              <span style={{ textAlign: 'right' }}>{formatDuration(run.duration_ms, i18n.language)}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

function timeOf(at: string | null | undefined): number | undefined {
  return at ? new Date(at).getTime() : undefined;
}
