import { Button, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUpload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Money, Panel, TableWrap } from '~/ui/basics';
import { formatCount } from '~/ui/format';
import { PageHead } from '~/ui/pages';
import { EmptyState } from '~/ui/states';
import { TypedInput } from '~/ui/typed-input';
import console from '../console.module.css';
import { inventoryQuery } from '../queries';
import { ImportDialogue } from '../shared/import-dialogue';
import { More } from '../shared/more';

const route = getRouteApi('/console/stock');

/** What is there, what is held, what can still be sold. */
export function StockPage() {
  const { t, i18n } = useTranslation('console');
  const { q } = route.useSearch();
  const navigate = route.useNavigate();
  const products = useInfiniteQuery(inventoryQuery(q));
  const [importing, { open, close }] = useDisclosure();
  const count = (value: number) => formatCount(value, i18n.language);
  return (
    <>
      <PageHead
        title={t('nav.stock')}
        name={t('nav.stock')}
        actions={
          <Button size="xs" variant="default" leftSection={<IconUpload size={14} />} onClick={open}>
            {t('import.open')}
          </Button>
        }
      />
      <div className={console.filters} role="search">
        <TypedInput
          className={console.grow}
          label={t('stock.search')}
          value={q}
          onTyped={(wanted) => void navigate({ search: { q: wanted }, replace: true })}
          isSearch
        />
      </div>
      <Panel flush>
        <More query={products} empty={<EmptyState title={t('stock.none')} />}>
          {(items) => (
            <TableWrap label={t('nav.stock')}>
              <Table horizontalSpacing="md" fz="sm" highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('stock.product')}</Table.Th>
                    <Table.Th ta="right">{t('stock.price')}</Table.Th>
                    <Table.Th ta="right">{t('stock.onHand')}</Table.Th>
                    <Table.Th ta="right">{t('stock.reserved')}</Table.Th>
                    <Table.Th ta="right">{t('stock.available')}</Table.Th>
                    <Table.Th ta="right">{t('stock.sold')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((product) => (
                    <Table.Tr key={product.sku}>
                      <Table.Td>
                        <Link to="/console/stock/$sku" params={{ sku: product.sku }} className={console.clickable}>
                          {product.name}
                        </Link>
                        <div className={`${console.dim} mono`}>{product.sku}</div>
                      </Table.Td>
                      <Table.Td ta="right">
                        <Money money={product.unit_price} />
                      </Table.Td>
                      <Table.Td ta="right">{count(product.on_hand)}</Table.Td>
                      <Table.Td ta="right">{count(product.reserved)}</Table.Td>
                      <Table.Td ta="right" fw={650}>
                        {count(product.available)}
                      </Table.Td>
                      <Table.Td ta="right">{count(product.sold)}</Table.Td>
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
          title={t('import.products')}
          path="/inventory/import"
          columns="sku,name,unit_price,currency,stock"
          onClose={close}
        />
      )}
    </>
  );
}
