import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldErrors } from '~/api/problem';
import { useErrorText } from '~/ui/states';

/**
 * A question before something is done. What the server has against it is shown where it was asked: beside the field
 * that it names, else above the buttons.
 */
export function Dialogue<T>(props: {
  title: string;
  confirm: string;
  danger?: boolean;
  disabled?: boolean;
  size?: string;
  done?: string;
  onClose: () => void;
  onDone?: (result: T) => void | Promise<void>;
  act: () => Promise<T>;
  fields?: string[];
  children: (errors: Record<string, string>) => ReactNode;
}) {
  const { t } = useTranslation();
  const text = useErrorText();
  const queryClient = useQueryClient();
  const acting = useMutation({
    mutationFn: props.act,
    onSuccess: async (result) => {
      if (props.done !== undefined) notifications.show({ message: props.done });
      // Whoever leaves the page does so before what was on it is looked for again.
      if (props.onDone) await props.onDone(result);
      else props.onClose();
    },
    // Somebody else may have been quicker: whatever came of it, look again.
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['console'] }),
  });
  const errors = fieldErrors(acting.error);
  const beside = (props.fields ?? []).some((field) => errors[field] !== undefined);
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={props.title}
      size={props.size}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!acting.isPending) acting.mutate();
        }}
      >
        <Stack gap="sm">
          {props.children(errors)}
          {acting.isError && !beside && (
            <Text size="sm" c="var(--mantine-color-error)" role="alert">
              {text(acting.error)}
            </Text>
          )}
          <Group justify="flex-end" mt="sm">
            <Button variant="default" onClick={props.onClose}>
              {t('cancel')}
            </Button>
            <Button type="submit" color={props.danger ? 'red' : undefined} loading={acting.isPending} disabled={props.disabled}>
              {props.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
