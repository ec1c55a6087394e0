import { Button, NumberInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import { fieldErrors, isOutage } from '~/api/problem';
import { Panel } from '~/ui/basics';
import { useErrorText } from '~/ui/states';
import classes from './shop.module.css';
import { Refusal } from './summary';

interface QuickRequest {
  ProductID: string;
  Quantity: number | string;
  CustomerEmail: string;
}

/** The smallest form that makes an order: a product, how many, and whom to write to. */
export function QuickOrder() {
  const { t } = useTranslation('shop');
  const navigate = useNavigate();
  const text = useErrorText();
  const [product, setProduct] = useState('');
  const [quantity, setQuantity] = useState<number | string>(1);
  const [email, setEmail] = useState('');
  // One key for one content of the form, so that a second click or try is the same order.
  const sent = useRef({ body: '', key: '' });

  const placing = useMutation({
    mutationFn: (request: QuickRequest) => {
      const body = JSON.stringify(request);
      if (sent.current.body !== body) sent.current = { body, key: crypto.randomUUID() };
      return answer(
        api.POST('/queued-orders/order', {
          params: { header: { 'Idempotency-Key': sent.current.key } },
          body: request as never,
        }),
      );
    },
    meta: { public: true },
    onSuccess: (placed) =>
      navigate({
        to: '/orders/$orderId',
        params: { orderId: placed.order_id },
        search: { token: placed.access_token },
      }),
  });
  const errors = fieldErrors(placing.error);
  const beside = ['ProductID', 'Quantity', 'CustomerEmail'].some((field) => errors[field]);

  return (
    <div className={classes.narrow}>
      <Title order={1} mb={4}>
        {t('quick.title')}
      </Title>
      <Text c="dimmed" size="sm" mb="md">
        {t('quick.text')}
      </Text>
      <Panel>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (placing.isPending) return;
            placing.mutate({ ProductID: product.trim(), Quantity: quantity, CustomerEmail: email.trim() });
          }}
        >
          <Stack gap="sm">
            <TextInput
              label={t('quick.product')}
              placeholder="sku-001"
              required
              value={product}
              onChange={(event) => setProduct(event.currentTarget.value)}
              error={errors['ProductID']}
            />
            <NumberInput
              label={t('quick.quantity')}
              required
              allowDecimal={false}
              value={quantity}
              onChange={setQuantity}
              error={errors['Quantity']}
            />
            <TextInput
              label={t('quick.email')}
              type="email"
              autoComplete="email"
              required
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
              error={errors['CustomerEmail']}
            />
            {placing.isError && !beside && (
              <Refusal title={isOutage(placing.error) ? t('checkout.away') : t('checkout.refused')}>
                {isOutage(placing.error) ? t('checkout.awayText') : text(placing.error)}
              </Refusal>
            )}
            <Button type="submit" size="md" loading={placing.isPending}>
              {t('quick.place')}
            </Button>
          </Stack>
        </form>
      </Panel>
    </div>
  );
}
