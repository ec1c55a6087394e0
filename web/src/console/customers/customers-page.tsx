import { Button, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconEraser, IconUpload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Panel, TableWrap } from '~/ui/basics';
import { formatRevenue } from '~/ui/format';
import { PageHead } from '~/ui/pages';
import { EmptyState } from '~/ui/states';
import { TypedInput } from '~/ui/typed-input';
import console from '../console.module.css';
import { customersQuery } from '../queries';
import { ImportDialogue } from '../shared/import-dialogue';
import { More } from '../shared/more';
import { EraseGuestDialogue } from './erase-dialogue';

const route = getRouteApi('/console/customers');

/** The customers that are known, with what they have ordered. */
export function CustomersPage() {
  const { t, i18n } = useTranslation('console');
  const { q } = route.useSearch();
  const navigate = route.useNavigate();
  const customers = useInfiniteQuery(customersQuery(q));
  const [importing, imports] = useDisclosure();
  const [erasing, erases] = useDisclosure();
  return (
    <>
      <PageHead
        title={t('nav.customers')}
        name={t('nav.customers')}
        actions={
          <>
            <Button size="xs" variant="default" leftSection={<IconEraser size={14} />} onClick={erases.open}>
              {t('customers.eraseGuest')}
            </Button>
            <Button size="xs" variant="default" leftSection={<IconUpload size={14} />} onClick={imports.open}>
              {t('import.open')}
            </Button>
          </>
        }
      />
      <div className={console.filters} role="search">
        <TypedInput
          className={console.grow}
          label={t('customers.search')}
          value={q}
          onTyped={(wanted) => void navigate({ search: { q: wanted }, replace: true })}
          isSearch
        />
      </div>
      <Panel flush>
        <More query={customers} empty={<EmptyState title={t('customers.none')} />}>
          {(items) => (
            <TableWrap label={t('nav.customers')}>
              <Table horizontalSpacing="md" fz="sm" highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('customers.customer')}</Table.Th>
                    <Table.Th>{t('customers.email')}</Table.Th>
                    <Table.Th ta="right">{t('customers.orders')}</Table.Th>
                    <Table.Th ta="right">{t('customers.total')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((customer) => (
                    <Table.Tr key={customer.customer_id}>
                      <Table.Td>
                        <Link
                          to="/console/customers/$customerId"
                          params={{ customerId: customer.customer_id }}
                          className={console.clickable}
                        >
                          {customer.company ?? customer.contact ?? customer.customer_id}
                        </Link>
                        <div className={`${console.dim} mono`}>{customer.customer_id}</div>
                      </Table.Td>
                      <Table.Td>{customer.email}</Table.Td>
                      <Table.Td ta="right">{customer.totals?.orders ?? '—'}</Table.Td>
                      <Table.Td ta="right">
                        {customer.totals ? formatRevenue(customer.totals.total, i18n.language) : '—'}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </TableWrap>
          )}
        </More>
      </Panel>
      {importing && (
        <ImportDialogue
          title={t('import.customers')}
          path="/customers/import"
          columns="customer_id,company,contact,email,address,city,region,postal_code,country"
          onClose={imports.close}
        />
      )}
      {erasing && <EraseGuestDialogue onClose={erases.close} />}
    </>
  );
}
