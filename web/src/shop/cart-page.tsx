import { Button, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Panel } from '~/ui/basics';
import { EmptyState, Loaded } from '~/ui/states';
import { useCart } from './cart';
import { quoteQuery } from './queries';
import classes from './shop.module.css';
import { CartLines, isAvailable, Totals } from './summary';

/** What is in the cart and what it costs. */
export function CartPage() {
  const { t } = useTranslation('shop');
  const lines = useCart();
  const quote = useQuery(quoteQuery(lines));
  if (lines.length === 0) {
    return (
      <EmptyState title={t('cart.empty')}>
        <Button renderRoot={(props) => <Link to="/" {...props} />} mt="sm">
          {t('cart.toCatalogue')}
        </Button>
      </EmptyState>
    );
  }
  return (
    <>
      <Title order={1} mb="md">
        {t('cart.title')}
      </Title>
      <Loaded query={quote}>
        {(quoted) => (
          <div className={classes.columns}>
            <Panel>
              <CartLines lines={lines} quote={quoted} />
            </Panel>
            <div className={classes.aside}>
              <Panel>
                <Totals totals={quoted.totals} />
                <Button
                  renderRoot={(props) => <Link to="/checkout" {...props} />}
                  fullWidth
                  mt="md"
                  size="md"
                  disabled={!isAvailable(lines, quoted)}
                >
                  {t('checkout.go')}
                </Button>
                <Text size="xs" c="dimmed" mt="sm">
                  {t('totals.note')}
                </Text>
              </Panel>
            </div>
          </div>
        )}
      </Loaded>
    </>
  );
}
