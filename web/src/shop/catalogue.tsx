import { Button, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import type { CatalogItem } from '~/api/types';
import { Money } from '~/ui/basics';
import { EmptyState, ErrorState, LoadingRows } from '~/ui/states';
import { TypedInput } from '~/ui/typed-input';
import { cart, useCart } from './cart';
import { catalogueQuery, shopQuery } from './queries';
import classes from './shop.module.css';

const route = getRouteApi('/shop/');

/** What there is to buy. */
export function Catalogue() {
  const { t } = useTranslation('shop');
  const shop = useQuery(shopQuery);
  const { q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  useEffect(() => {
    document.title = shop.data?.name ?? 'OrderFlow';
  }, [shop.data?.name]);

  return (
    <>
      <div className={classes.hero}>
        <div>
          <Title order={1}>{t('catalogue.title')}</Title>
          {shop.data && shop.data.shipping.length > 0 && (
            <Text c="dimmed" size="sm" mt={4}>
              {t('catalogue.shipping', { rules: shop.data.shipping.join(' · ') })}
            </Text>
          )}
        </div>
        <TypedInput
          className={classes.search}
          type="search"
          label={t('catalogue.search')}
          value={q}
          onTyped={(wanted) => void navigate({ search: { q: wanted }, replace: true })}
          isSearch
        />
      </div>
      <Products q={q} />
    </>
  );
}

function Products({ q }: { q: string }) {
  const { t } = useTranslation('shop');
  const catalogue = useInfiniteQuery(catalogueQuery(q));
  const lines = useCart();
  if (catalogue.isPending) return <LoadingRows rows={8} />;
  if (catalogue.data === undefined) {
    return <ErrorState error={catalogue.error} onRetry={() => void catalogue.refetch()} />;
  }
  const items = catalogue.data.pages.flatMap((page) => page.items);
  if (items.length === 0) {
    return <EmptyState title={q ? t('catalogue.nothingFound', { q }) : t('catalogue.empty')} />;
  }
  return (
    <>
      <ul className={classes.grid} aria-label={t('catalogue.title')}>
        {items.map((item) => (
          <ProductCard
            key={item.sku}
            item={item}
            wanted={lines.find((line) => line.sku === item.sku)?.quantity ?? 0}
          />
        ))}
      </ul>
      {catalogue.hasNextPage && (
        <Button
          variant="default"
          mt="lg"
          mx="auto"
          display="block"
          loading={catalogue.isFetchingNextPage}
          onClick={() => void catalogue.fetchNextPage()}
        >
          {t('catalogue.more')}
        </Button>
      )}
    </>
  );
}

const SCARCE = 5;

function ProductCard({ item, wanted }: { item: CatalogItem; wanted: number }) {
  const { t } = useTranslation('shop');
  const left = item.available - wanted;
  const add = () => {
    cart.add(item.sku);
    notifications.show({ id: `cart-${item.sku}`, message: t('cart.added', { name: item.name }), autoClose: 2000 });
  };
  return (
    <li className={classes.card}>
      <div className={classes.tile} style={{ '--hue': hueOf(item.sku) } as CSSProperties} aria-hidden>
        {initialsOf(item.name)}
      </div>
      <div className={classes.cardBody}>
        <h2 className={classes.cardName}>{item.name}</h2>
        <span className={`${classes.stock} ${item.available <= SCARCE ? classes.scarce : ''}`}>
          {item.available > 0 ? t('stock.left', { count: item.available }) : t('stock.soldOut')}
        </span>
        <div className={classes.cardFoot}>
          <span className={classes.price}>
            <Money money={item.unit_price} />
          </span>
          <Button
            size="xs"
            variant="light"
            leftSection={<IconPlus size={14} />}
            disabled={left <= 0}
            onClick={add}
            aria-label={t('cart.add', { name: item.name })}
          >
            {wanted > 0 ? t('cart.inCart', { count: wanted }) : t('cart.addShort')}
          </Button>
        </div>
      </div>
    </li>
  );
}

/** A colour that a product keeps, since there are no pictures. Neighbours in the catalogue are far apart in hue. */
function hueOf(sku: string): number {
  const GOLDEN_ANGLE = 137.508;
  let hash = 0;
  for (const letter of sku) hash = (hash * 31 + letter.charCodeAt(0)) % 100_003;
  return Math.round(hash * GOLDEN_ANGLE) % 360;
}

function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toLocaleUpperCase() ?? '')
    .join('');
}
