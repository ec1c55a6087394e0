import { Button, NativeSelect, Radio, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import { fieldError, fieldErrors, isOutage, ProblemError } from '~/api/problem';
import type { CheckoutRequest, Order, PlacedOrder } from '~/api/types';
import { Panel } from '~/ui/basics';
import { EmptyState, Loaded, useErrorText } from '~/ui/states';
import { isRefusal } from '~/ui/tone';
import { cart, useCart } from './cart';
import { requestOf, useDraft } from './checkout-draft';
import { countries } from './countries';
import { pendingPlacement, placementDecided, placementOf } from './placement';
import { quoteQuery, shopQuery } from './queries';
import classes from './shop.module.css';
import { CartLines, isAvailable, Refusal, Totals } from './summary';

/** How long the server may take to decide before the shopper is sent to the order's own page. */
const WAIT_SECONDS = 15;

async function place(request: CheckoutRequest): Promise<PlacedOrder> {
  const { key } = placementOf(request);
  try {
    const placed = await answer(
      api.POST('/orders', {
        params: { query: { wait: WAIT_SECONDS }, header: { 'Idempotency-Key': key } },
        body: request,
      }),
    );
    placementDecided();
    return placed;
  } catch (error) {
    // Without an answer nobody knows whether it arrived: the next try has to be the same order.
    if (!isOutage(error)) placementDecided();
    throw error;
  }
}

/** One page from the cart to the order. */
export function CheckoutPage() {
  const { t, i18n } = useTranslation('shop');
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const lines = useCart();
  const shop = useQuery(shopQuery);
  const tokens = shop.data?.payment_tokens ?? [];
  const [draft, change] = useDraft(tokens[0]?.token);
  const quote = useQuery(quoteQuery(lines, draft.country));
  const options = useMemo(() => countries(i18n.language), [i18n.language]);

  const placing = useMutation({
    mutationFn: place,
    meta: { public: true },
    onSuccess: async (placed) => {
      void queryClient.invalidateQueries({ queryKey: ['quote'] });
      if (isRefusal(placed.status)) return;
      cart.clear();
      await navigate({
        to: '/orders/$orderId',
        params: { orderId: placed.order_id },
        search: { token: placed.access_token },
      });
    },
    onError: () => void queryClient.invalidateQueries({ queryKey: ['quote'] }),
  });

  // An order that was sent before a reload and never answered.
  const { mutate } = placing;
  const resumed = useRef(false);
  useEffect(() => {
    const pending = pendingPlacement();
    if (pending && !resumed.current) mutate(pending.request);
    resumed.current = true;
  }, [mutate]);

  if (lines.length === 0 && !placing.isPending && !placing.isSuccess) {
    return (
      <EmptyState title={t('cart.empty')}>
        <Button renderRoot={(props) => <Link to="/" {...props} />} mt="sm">
          {t('cart.toCatalogue')}
        </Button>
      </EmptyState>
    );
  }

  const errors = fieldErrors(placing.error);
  const refused = placing.data && isRefusal(placing.data.status) ? (placing.data as Order) : undefined;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!placing.isPending) placing.mutate(requestOf(draft, lines));
      }}
    >
      <Title order={1} mb="md">
        {t('checkout.title')}
      </Title>
      <div className={classes.columns}>
        <Stack gap="md">
          <Panel title={t('checkout.contact')}>
            <Stack gap="sm">
              <TextInput
                label={t('checkout.email')}
                type="email"
                autoComplete="email"
                required
                value={draft.email}
                onChange={(event) => change({ email: event.currentTarget.value })}
                error={errors['customer/email'] ?? errors['customer']}
              />
              <TextInput
                label={t('checkout.name')}
                autoComplete="name"
                value={draft.name}
                onChange={(event) => change({ name: event.currentTarget.value })}
                error={errors['customer/name']}
              />
            </Stack>
          </Panel>
          <Panel title={t('checkout.address')}>
            <Stack gap="sm">
              <NativeSelect
                label={t('checkout.country')}
                autoComplete="country"
                data={options}
                value={draft.country}
                onChange={(event) => change({ country: event.currentTarget.value })}
                error={errors['shipping_address/country'] ?? errors['shipping_address']}
              />
              <TextInput
                label={t('checkout.street')}
                autoComplete="street-address"
                value={draft.street}
                onChange={(event) => change({ street: event.currentTarget.value })}
                error={errors['shipping_address/street']}
              />
              <div className={classes.two}>
                <TextInput
                  label={t('checkout.postalCode')}
                  autoComplete="postal-code"
                  value={draft.postalCode}
                  onChange={(event) => change({ postalCode: event.currentTarget.value })}
                  error={errors['shipping_address/postal_code']}
                />
                <TextInput
                  label={t('checkout.city')}
                  autoComplete="address-level2"
                  value={draft.city}
                  onChange={(event) => change({ city: event.currentTarget.value })}
                  error={errors['shipping_address/city']}
                />
              </div>
            </Stack>
          </Panel>
          <Panel title={t('checkout.payment')}>
            {tokens.length > 0 ? (
              <Radio.Group
                label={t('checkout.testCards')}
                value={draft.token}
                onChange={(token) => change({ token })}
                error={fieldError(errors, 'payment')}
              >
                <Stack gap="xs" mt="xs">
                  {tokens.map((token) => (
                    <Radio key={token.token} value={token.token} label={token.token} description={token.outcome} />
                  ))}
                </Stack>
              </Radio.Group>
            ) : (
              <Text size="sm" c={fieldError(errors, 'payment') ? 'red' : 'dimmed'}>
                {fieldError(errors, 'payment') ?? t('checkout.noPayment')}
              </Text>
            )}
          </Panel>
        </Stack>
        <div className={classes.aside}>
          <Panel title={t('checkout.summary')}>
            <Loaded query={quote} rows={3}>
              {(quoted) => (
                <>
                  <CartLines lines={lines} quote={quoted} />
                  <Totals totals={quoted.totals} />
                  <Stack gap="sm" mt="md" aria-live="polite">
                    {refused && <Refused order={refused} />}
                    {placing.isError && <Failed error={placing.error} />}
                    <Button
                      type="submit"
                      size="md"
                      fullWidth
                      loading={placing.isPending}
                      disabled={!isAvailable(lines, quoted)}
                    >
                      {t('checkout.place')}
                    </Button>
                  </Stack>
                </>
              )}
            </Loaded>
          </Panel>
        </div>
      </div>
    </form>
  );
}

/** The server decided against the order: the cart is still here. */
function Refused({ order }: { order: Order }) {
  const { t } = useTranslation('shop');
  const payment = order.payment.status === 'declined';
  return (
    <Refusal title={payment ? t('checkout.declined') : t('checkout.refused')}>
      {order.reason && <div>{order.reason}</div>}
      <div>{payment ? t('checkout.anotherCard') : t('checkout.cartKept')}</div>
    </Refusal>
  );
}

function Failed({ error }: { error: unknown }) {
  const { t } = useTranslation('shop');
  const text = useErrorText();
  if (isOutage(error)) return <Refusal title={t('checkout.away')}>{t('checkout.awayText')}</Refusal>;
  const lines = Object.entries(fieldErrors(error)).filter(([field]) => field.startsWith('items'));
  return (
    <Refusal title={t('checkout.refused')}>
      {lines.length > 0
        ? lines.map(([field, expected]) => <div key={field}>{expected}</div>)
        : error instanceof ProblemError && error.problem.errors?.length
          ? t('checkout.checkFields')
          : text(error)}
    </Refusal>
  );
}
