import { Button } from '@mantine/core';
import { IconShoppingBag } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { API_BASE } from '~/api/base';
import { Preferences } from '~/ui/preferences';
import { unitsIn, useCart } from './cart';
import { shopQuery } from './queries';
import classes from './shop.module.css';

/** What surrounds every page of the shop. */
export function ShopLayout() {
  const { t } = useTranslation('shop');
  const shop = useQuery(shopQuery);
  const units = unitsIn(useCart());
  return (
    <>
      <header className={classes.header}>
        <div className={classes.bar}>
          <Link to="/" className={classes.brand}>
            <img src="/assets/favicon.svg" alt="" />
            {shop.data?.name ?? 'OrderFlow'}
          </Link>
          <span className={classes.spacer} />
          <Preferences />
          <Button
            renderRoot={(props) => <Link to="/cart" {...props} />}
            variant={units > 0 ? 'filled' : 'default'}
            leftSection={<IconShoppingBag size={17} stroke={1.8} />}
            aria-label={t('cart.open', { count: units })}
          >
            {units}
          </Button>
        </div>
      </header>
      <main className={classes.main}>
        <Outlet />
      </main>
      <footer className={classes.footer}>
        {shop.data?.demo && <span>{t('demo')}</span>}
        <span className={classes.spacer} />
        <Link to="/quick">{t('quick.title')}</Link>
        <Link to="/console">{t('console')}</Link>
        <a href={`${API_BASE}/docs`}>{t('api')}</a>
      </footer>
    </>
  );
}
