import { Alert, CloseButton, NumberInput, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Money as MoneyValue, Quote } from '~/api/types';
import { Money } from '~/ui/basics';
import { cart, type CartLine } from './cart';
import classes from './shop.module.css';

/** The lines of the cart with what is left of each. */
export function CartLines({ lines, quote }: { lines: CartLine[]; quote: Quote }) {
  const { t } = useTranslation('shop');
  return (
    <div>
      {lines.map((line) => {
        const quoted = quote.items.find((each) => each.sku === line.sku);
        return (
          <div key={line.sku} className={classes.line}>
            <div>
              <div className={classes.lineName}>{quoted?.name ?? line.sku}</div>
              <Text size="sm" c="dimmed">
                <Money money={quoted?.unit_price} />
              </Text>
              {quoted && quoted.available < line.quantity && (
                <Text size="sm" className={classes.scarce} role="alert">
                  {quoted.available > 0 ? t('stock.only', { count: quoted.available }) : t('stock.goneMeanwhile')}
                </Text>
              )}
            </div>
            <NumberInput
              w={76}
              size="sm"
              min={1}
              max={1_000_000}
              clampBehavior="blur"
              allowDecimal={false}
              allowNegative={false}
              value={line.quantity}
              onChange={(value) => {
                if (typeof value === 'number' && value > 0) cart.set(line.sku, value);
              }}
              aria-label={t('cart.quantityOf', { name: quoted?.name ?? line.sku })}
            />
            <CloseButton
              onClick={() => cart.set(line.sku, 0)}
              aria-label={t('cart.remove', { name: quoted?.name ?? line.sku })}
            />
          </div>
        );
      })}
    </div>
  );
}

/** Whether everything in the cart can be had. */
export function isAvailable(lines: CartLine[], quote: Quote): boolean {
  return lines.every((line) => {
    const quoted = quote.items.find((each) => each.sku === line.sku);
    return quoted !== undefined && quoted.available >= line.quantity;
  });
}

export function Totals({ totals }: { totals: Quote['totals'] }) {
  const { t } = useTranslation('shop');
  return (
    <div>
      <Sum label={t('totals.subtotal')} money={totals.subtotal} />
      <Sum label={t('totals.shipping')} money={totals.shipping} />
      {/^0*\.?0*$/.test(totals.tax.amount) ? null : <Sum label={t('totals.tax')} money={totals.tax} />}
      <Sum label={t('totals.total')} money={totals.total} total />
    </div>
  );
}

function Sum({ label, money, total }: { label: string; money: MoneyValue; total?: boolean }) {
  return (
    <div className={`${classes.sum} ${total ? classes.total : ''}`}>
      <span>{label}</span>
      <span>
        <Money money={money} />
      </span>
    </div>
  );
}

export function Refusal({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Alert color="red" variant="default" icon={<IconAlertTriangle size={18} />} title={title} role="alert">
      {children}
    </Alert>
  );
}
