import { Button, NumberInput, Select, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import { ProblemError } from '~/api/problem';
import type { Movement, Product } from '~/api/types';
import { Ago, DateTime, Metric, Metrics, Money, Panel } from '~/ui/basics';
import { formatCount } from '~/ui/format';
import { PageHead } from '~/ui/pages';
import { EmptyState, ErrorState, Loaded, LoadingPage } from '~/ui/states';
import console from '../console.module.css';
import { ledgerQuery, productQuery, productReservationsQuery } from '../queries';
import { Dialogue } from '../shared/dialogue';
import { More } from '../shared/more';

const route = getRouteApi('/console/stock/$sku');

/** What an operator can book; the rest of the ledger is written by orders. */
type MovementKind = 'received' | 'adjusted';

const TITLES = { received: 'stock.receive', adjusted: 'stock.adjust' } as const;

/** One product: its levels, who holds units of it until when, and every unit that ever moved. */
export function ProductPage() {
  const { t } = useTranslation('console');
  const { sku } = route.useParams();
  const product = useQuery(productQuery(sku));
  if (product.data) return <Details product={product.data} />;
  if (product.isPending) return <LoadingPage />;
  if (product.error instanceof ProblemError && product.error.status === 404) {
    return (
      <EmptyState title={t('stock.unknown', { sku })}>
        <Link to="/console/stock">{t('nav.stock')}</Link>
      </EmptyState>
    );
  }
  return <ErrorState error={product.error} onRetry={() => void product.refetch()} />;
}

function Details({ product }: { product: Product }) {
  const { t, i18n } = useTranslation('console');
  const [moving, setMoving] = useState<MovementKind>();
  const reservations = useQuery(productReservationsQuery(product.sku));
  const ledger = useInfiniteQuery(ledgerQuery(product.sku));
  const count = (value: number) => formatCount(value, i18n.language);
  return (
    <div className={console.stack}>
      <PageHead
        title={product.name}
        name={product.name}
        description={
          <>
            <span className="mono">{product.sku}</span> · <Money money={product.unit_price} />
          </>
        }
        actions={
          <>
            <Button size="xs" onClick={() => setMoving('received')}>
              {t('stock.receive')}
            </Button>
            <Button size="xs" variant="default" onClick={() => setMoving('adjusted')}>
              {t('stock.adjust')}
            </Button>
          </>
        }
      />
      <Metrics>
        <Metric label={t('stock.onHand')} value={count(product.on_hand)} />
        <Metric label={t('stock.reserved')} value={count(product.reserved)} />
        <Metric label={t('stock.available')} value={count(product.available)} />
        <Metric label={t('stock.sold')} value={count(product.sold)} />
      </Metrics>
      <div className={console.wideNarrow}>
        <Panel title={t('stock.ledger')} flush>
          <More query={ledger} empty={<EmptyState title={t('stock.noLedger')} />}>
            {(items) => items.map((movement) => <LedgerRow key={movement.sequence} movement={movement} />)}
          </More>
        </Panel>
        <Panel title={t('stock.reservations')} flush>
          <Loaded
            query={reservations}
            isEmpty={({ items }) => items.length === 0}
            empty={<EmptyState title={t('stock.noReservations')} />}
          >
            {({ items }) =>
              items.map((held) => (
                <Link
                  key={held.order_id}
                  to="/console/orders/$orderId"
                  params={{ orderId: held.order_id }}
                  className={console.row}
                >
                  <span className={console.rowHead}>
                    <span className={`${console.rowTitle} mono`}>{held.order_id}</span>
                    <span>{count(held.quantity)}</span>
                  </span>
                  <span className={console.dim}>
                    {t('stock.until')} <Ago at={held.expires_at} />
                  </span>
                </Link>
              ))
            }
          </Loaded>
        </Panel>
      </div>
      {moving && <MoveDialogue kind={moving} product={product} onClose={() => setMoving(undefined)} />}
    </div>
  );
}

function LedgerRow({ movement }: { movement: Movement }) {
  const { t } = useTranslation('console');
  const sign = movement.units > 0 ? '+' : '';
  return (
    <div className={console.row} style={{ cursor: 'default' }}>
      <span className={console.rowHead}>
        <span className={console.rowTitle}>
          {t(`movement.${movement.kind}` as 'movement.received', { defaultValue: movement.kind })}
        </span>
        <span>
          {sign}
          {movement.units}
        </span>
      </span>
      <span className={`${console.rowHead} ${console.dim}`}>
        <span>
          {movement.order_id ? (
            <Link to="/console/orders/$orderId" params={{ orderId: movement.order_id }} className="mono">
              {movement.order_id}
            </Link>
          ) : (
            movement.reason
          )}
        </span>
        <DateTime at={movement.at} />
      </span>
    </div>
  );
}

function MoveDialogue(props: { kind: MovementKind; product: Product; onClose: () => void }) {
  const { t } = useTranslation('console');
  const [units, setUnits] = useState<number | string>('');
  const [direction, setDirection] = useState('in');
  const [reason, setReason] = useState('');
  const signed = Number(units) * (props.kind === 'adjusted' && direction === 'out' ? -1 : 1);
  return (
    <Dialogue
      title={t(TITLES[props.kind])}
      confirm={t(TITLES[props.kind])}
      done={t('stock.moved')}
      onClose={props.onClose}
      fields={['units', 'reason', 'kind']}
      act={() =>
        answer<unknown>(
          api.POST('/inventory/{sku}/movements', {
            params: { path: { sku: props.product.sku } },
            body: { kind: props.kind, units: signed, reason: reason.trim() || undefined },
          }),
        )
      }
    >
      {(errors) => (
        <>
          {props.kind === 'adjusted' && (
            <Select
              label={t('stock.direction')}
              allowDeselect={false}
              data={[
                { value: 'in', label: t('stock.in') },
                { value: 'out', label: t('stock.out') },
              ]}
              value={direction}
              onChange={(chosen) => setDirection(chosen ?? 'in')}
            />
          )}
          <NumberInput
            label={t('stock.units')}
            required
            data-autofocus
            allowDecimal={false}
            allowNegative={false}
            value={units}
            onChange={setUnits}
            error={errors['units'] ?? errors['kind']}
          />
          <TextInput
            label={t('reason')}
            required={props.kind === 'adjusted'}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            error={errors['reason']}
          />
        </>
      )}
    </Dialogue>
  );
}
