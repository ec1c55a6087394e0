import { Button, FileInput, Group, Modal, Progress, Stack, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemError } from '~/api/problem';
import { upload } from '~/api/upload';
import { TableWrap } from '~/ui/basics';
import { useErrorText } from '~/ui/states';

interface Imported {
  imported: number;
}

/** A CSV file, all lines or none: while it goes out its progress, and when lines are wrong each of them. */
export function ImportDialogue(props: { title: string; path: string; columns: string; onClose: () => void }) {
  const { t } = useTranslation(['console', 'common']);
  const text = useErrorText();
  const queryClient = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [sent, setSent] = useState(0);
  const importing = useMutation({
    mutationFn: async (chosen: File) => {
      setSent(0);
      return upload<Imported>(props.path, 'text/csv', await chosen.text(), setSent);
    },
    onSuccess: ({ imported }) => {
      notifications.show({ message: t('import.done', { count: imported }) });
      props.onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['console'] }),
  });
  const lines = importing.error instanceof ProblemError ? (importing.error.problem.errors ?? []) : [];
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={props.title}
      size="lg"
      closeButtonProps={{ 'aria-label': t('common:close') }}
    >
      <Stack gap="sm">
        <Text size="sm">
          {t('import.columns')} <span className="mono">{props.columns}</span>
        </Text>
        <FileInput
          label={t('import.file')}
          placeholder={t('import.choose')}
          accept=".csv,text/csv"
          value={file}
          onChange={(chosen) => {
            setFile(chosen);
            importing.reset();
          }}
        />
        {importing.isPending && (
          <div role="status">
            <Progress value={100 * sent} animated={sent >= 1} aria-label={t('import.progress')} />
            <Text size="sm" mt={4}>
              {sent < 1 ? t('import.sending') : t('import.checking')}
            </Text>
          </div>
        )}
        {importing.isError && (
          <div role="alert">
            <Text size="sm" c="var(--mantine-color-error)">
              {lines.length > 0 ? t('import.wrong', { count: lines.length }) : text(importing.error)}
            </Text>
            {lines.length > 0 && (
              <TableWrap label={t('import.wrong', { count: lines.length })}>
                <Table fz="sm" mt="xs">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('import.where')}</Table.Th>
                      <Table.Th>{t('import.expected')}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {lines.map(({ field, expected }) => (
                      <Table.Tr key={field}>
                        <Table.Td className="mono">{field}</Table.Td>
                        <Table.Td>{expected}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </TableWrap>
            )}
          </div>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onClose}>
            {t('common:cancel')}
          </Button>
          <Button
            disabled={file === null}
            loading={importing.isPending}
            onClick={() => file !== null && importing.mutate(file)}
          >
            {t('import.start')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
