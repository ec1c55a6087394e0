import { Button, JsonInput, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import { fieldError, fieldErrors } from '~/api/problem';
import type { TestRun, Workflow } from '~/api/types';
import { graphOf, statesIn } from '~/graph/model';
import { Facts, Json, StatusBadge } from '~/ui/basics';
import { ErrorState } from '~/ui/states';
import console from '../console.module.css';
import { StateInspector } from '../order/state-inspector';
import { StateList } from '../order/state-list';
import { parseJson } from '../shared/json-text';

/** Runs the machine alone, with made-up results of its tasks: no order is touched, no card, no stock. */
export function TestExecution({ workflow }: { workflow: Workflow }) {
  const { t } = useTranslation('console');
  const suggested = useMemo(() => mocksFor(workflow), [workflow]);
  const [input, setInput] = useState('{\n  "order_id": "test-1"\n}');
  const [mocks, setMocks] = useState(suggested);
  const parsedInput = parseJson(input);
  const parsedMocks = parseJson(mocks);
  const running = useMutation({
    mutationFn: () => {
      if (!parsedInput.ok || !parsedMocks.ok) throw new Error('the form is not right');
      return answer(
        api.POST('/workflows/{name}/test', {
          params: { path: { name: workflow.name } },
          body: { input: parsedInput.value as never, mocks: parsedMocks.value as never },
        }),
      );
    },
  });
  const errors = fieldErrors(running.error);
  const beside = fieldError(errors, 'input') !== undefined || fieldError(errors, 'mocks') !== undefined;
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {t('test.text')}
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (parsedInput.ok && parsedMocks.ok) running.mutate();
        }}
      >
        <div className={console.two}>
          <JsonInput
            label={t('test.input')}
            minRows={8}
            maxRows={20}
            autosize
            spellCheck={false}
            value={input}
            onChange={setInput}
            error={parsedInput.ok ? fieldError(errors, 'input') : t('notJson', { problem: parsedInput.problem })}
          />
          <JsonInput
            label={t('test.mocks')}
            description={t('test.mocksText')}
            minRows={8}
            maxRows={20}
            autosize
            spellCheck={false}
            value={mocks}
            onChange={setMocks}
            error={parsedMocks.ok ? fieldError(errors, 'mocks') : t('notJson', { problem: parsedMocks.problem })}
          />
        </div>
        <Button type="submit" mt="md" loading={running.isPending} disabled={!parsedInput.ok || !parsedMocks.ok}>
          {t('test.run')}
        </Button>
      </form>
      {running.isError && !beside && <ErrorState error={running.error} />}
      {running.data && <Result run={running.data} />}
    </Stack>
  );
}

function Result({ run }: { run: TestRun }) {
  const { t } = useTranslation('console');
  const [chosen, choose] = useState<string>();
  return (
    <section aria-label={t('test.result')}>
      <Facts
        facts={[
          [t('state.status'), <StatusBadge key="status" status={run.status} />],
          ...(run.error ? ([[t('state.error'), run.error]] as [string, string][]) : []),
          ...(run.cause ? ([[t('state.cause'), run.cause]] as [string, string][]) : []),
        ]}
      />
      <Json value={run.output ?? null} label={t('state.output')} />
      <StateList runs={run.states} chosen={chosen} onChoose={choose} />
      <StateInspector run={run.states.findLast((state) => state.name === chosen)} />
    </section>
  );
}

/** An empty result for each task, to begin with. */
function mocksFor(workflow: Workflow): string {
  const tasks = statesIn(graphOf(workflow.definition)).filter((state) => state.type === 'Task');
  return JSON.stringify(Object.fromEntries(tasks.map((task) => [task.name, { result: {} }])), null, 2);
}
