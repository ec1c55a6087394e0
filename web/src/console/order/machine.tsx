import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { loadPart } from '~/app/load-part';
import type { StateRun } from '~/api/types';
import { EmptyState, Loaded, LoadingRows } from '~/ui/states';
import { toneOf, type Tone } from '~/ui/tone';
import { executionQuery, statesQuery, workflowQuery } from '../queries';
import { StateInspector } from './state-inspector';
import { StateList } from './state-list';

const StateGraph = lazy(() => loadPart(() => import('~/graph/state-graph')).then(({ StateGraph }) => ({ default: StateGraph })));

/** An execution: its graph in colours, its states with their times, and one of them in detail. */
export function Machine(props: {
  arn: string;
  chosen: string | undefined;
  onChoose: (state: string) => void;
  running: boolean;
}) {
  const { t } = useTranslation('console');
  const execution = useQuery(executionQuery(props.arn));
  const states = useQuery({ ...statesQuery(props.arn), refetchInterval: props.running ? 2_000 : false });
  return (
    <Loaded query={states} rows={10} isEmpty={(data) => data.states.length === 0} empty={<EmptyState title={t('order.notStarted')} />}>
      {({ states: runs }) => (
        <>
          {execution.data && (
            <Graph workflow={execution.data.workflow} runs={runs} chosen={props.chosen} onChoose={props.onChoose} />
          )}
          <StateList runs={runs} chosen={props.chosen} onChoose={props.onChoose} />
          <StateInspector run={latest(runs, props.chosen) ?? ofInterest(runs)} />
        </>
      )}
    </Loaded>
  );
}

function Graph(props: {
  workflow: string;
  runs: StateRun[];
  chosen: string | undefined;
  onChoose: (state: string) => void;
}) {
  const { t } = useTranslation('console');
  const workflow = useQuery(workflowQuery(props.workflow));
  const tones = useMemo(() => tonesOf(props.runs), [props.runs]);
  return (
    <Loaded query={workflow} rows={8}>
      {({ definition }) => (
        <Suspense fallback={<LoadingRows rows={8} />}>
          <StateGraph
            definition={definition}
            tones={tones}
            chosen={props.chosen}
            onChoose={props.onChoose}
            label={t('graph.of', { name: props.workflow })}
          />
        </Suspense>
      )}
    </Loaded>
  );
}

/** Each state in the colour of its last run. */
function tonesOf(runs: StateRun[]): Map<string, Tone> {
  return new Map(runs.filter((run) => run.status !== 'not_reached').map((run) => [run.name, toneOf(run.status)]));
}

function latest(runs: StateRun[], name: string | undefined): StateRun | undefined {
  return name === undefined ? undefined : runs.findLast((run) => run.name === name);
}

/** What somebody would look at first: what failed, else what is running, else the last. */
function ofInterest(runs: StateRun[]): StateRun | undefined {
  return (
    runs.find((run) => run.status === 'failed' || run.status === 'caught') ??
    runs.find((run) => run.status === 'running') ??
    runs.findLast((run) => run.status !== 'not_reached')
  );
}
