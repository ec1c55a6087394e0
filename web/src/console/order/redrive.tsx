import { Button, JsonInput, List, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import { fieldError, fieldErrors } from '~/api/problem';
import type { RedrivePreview } from '~/api/types';
import { LoadingRows, useErrorText } from '~/ui/states';
import { Dialogue } from '../shared/dialogue';
import type { ActionProps } from './dialogues';
import { parseJson } from '../shared/json-text';

/**
 * Going on from the state that failed. First what will happen is shown; whoever changes the input sees it anew before
 * anything is done.
 */
export function RedriveDialogue({ order, execution, why, onClose }: ActionProps) {
  const { t } = useTranslation('console');
  const arn = execution?.execution_arn ?? order.execution_arn;
  const [text, setText] = useState<string>();
  const [reason, setReason] = useState('');
  const edited = text === undefined ? undefined : parseJson(text);

  const preview = useMutation({
    mutationFn: (input: unknown) =>
      answer(api.POST('/executions/{arn}/redrive/preview', { params: { path: { arn } }, body: { input } })),
  });
  const { mutate } = preview;
  useEffect(() => mutate(undefined), [mutate]);
  const shown = text ?? (preview.data ? pretty(preview.data.input) : '');
  // What is shown below is of another input than the one that would be sent.
  const stale = text !== undefined && text !== pretty(preview.variables);
  const invalid = edited !== undefined && !edited.ok;

  return (
    <Dialogue
      title={t('action.redrive')}
      confirm={t('redrive.confirm')}
      size="lg"
      done={t('redrive.done')}
      disabled={!preview.isSuccess || stale || invalid}
      onClose={onClose}
      fields={['input']}
      act={() =>
        answer<unknown>(
          api.POST('/executions/{arn}/redrive', {
            params: { path: { arn } },
            body: { input: edited?.ok ? edited.value : undefined, reason: reason.trim() || undefined },
          }),
        )
      }
    >
      {(errors) => (
        <>
          <Text size="sm">{why}</Text>
          <Preview preview={preview.data} error={preview.error} isPending={preview.isPending} stale={stale} />
          <JsonInput
            label={t('redrive.input')}
            description={t('redrive.inputText')}
            autosize
            minRows={4}
            maxRows={14}
            spellCheck={false}
            value={shown}
            onChange={setText}
            error={
              invalid
                ? t('notJson', { problem: edited.problem })
                : (fieldError(errors, 'input') ?? fieldError(fieldErrors(preview.error), 'input'))
            }
          />
          {stale && !invalid && (
            <Button variant="light" size="xs" loading={preview.isPending} onClick={() => {
              if (!edited?.ok) return;
              setText(pretty(edited.value));
              mutate(edited.value);
            }}>
              {t('redrive.preview')}
            </Button>
          )}
          <TextInput
            label={t('redrive.reason')}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </>
      )}
    </Dialogue>
  );
}

const pretty = (value: unknown) => JSON.stringify(value, null, 2);

function Preview(props: { preview?: RedrivePreview; error: unknown; isPending: boolean; stale: boolean }) {
  const { t } = useTranslation('console');
  const text = useErrorText();
  if (props.isPending) return <LoadingRows rows={3} />;
  if (props.error) {
    return (
      <Text size="sm" c="var(--mantine-color-error)" role="alert">
        {text(props.error)}
      </Text>
    );
  }
  if (!props.preview) return null;
  const { state, next, effects, warnings } = props.preview;
  return (
    <div role="region" aria-label={t('redrive.what')} style={{ opacity: props.stale ? 0.5 : 1 }}>
      <Text size="sm" fw={600}>
        {t('redrive.from', { state })}
      </Text>
      {next.length > 0 && (
        <Text size="sm" c="dimmed">
          {t('redrive.then', { states: next.join(' → ') })}
        </Text>
      )}
      <List size="sm" mt="xs">
        {effects.map((effect) => (
          <List.Item key={effect}>{effect}</List.Item>
        ))}
        {warnings.map((warning) => (
          <List.Item key={warning} c="var(--app-refused)">
            {warning}
          </List.Item>
        ))}
      </List>
    </div>
  );
}
