import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { TableWrap } from '~/ui/basics';
import { EmptyState, Loaded } from '~/ui/states';
import { queuesQuery } from '../queries';

/** The queues and how much waits in them. */
export function Queues() {
  const { t } = useTranslation('console');
  const queues = useQuery(queuesQuery);
  return (
    <Loaded
      query={queues}
      isEmpty={({ items }) => items.length === 0}
      empty={<EmptyState title={t('messages.noQueues')} />}
    >
      {({ items }) => (
        <TableWrap label={t('messages.queues')}>
          <Table horizontalSpacing="md" fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('messages.queue')}</Table.Th>
                <Table.Th ta="right">{t('messages.visible')}</Table.Th>
                <Table.Th ta="right">{t('messages.inFlight')}</Table.Th>
                <Table.Th ta="right">{t('messages.visibility')}</Table.Th>
                <Table.Th>{t('messages.deadLetterQueue')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((queue) => (
                <Table.Tr key={queue.name}>
                  <Table.Td fw={600}>{queue.name}</Table.Td>
                  <Table.Td ta="right">{queue.visible}</Table.Td>
                  <Table.Td ta="right">{queue.in_flight}</Table.Td>
                  <Table.Td ta="right">{queue.visibility_timeout_seconds} s</Table.Td>
                  <Table.Td>{queue.dead_letter_queue ?? '—'}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </TableWrap>
      )}
    </Loaded>
  );
}
