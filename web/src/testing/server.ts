import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Problem } from '~/api/problem';
import type { Order, Quote, Shop } from '~/api/types';

const lei = (amount: string) => ({ amount, currency: 'RON' });

export const SHOP: Shop = {
  name: 'The Corner Shop',
  currency: 'RON',
  demo: true,
  payment_tokens: [
    { token: 'tok_visa', outcome: 'Succeeds' },
    { token: 'tok_declined', outcome: 'Is declined' },
  ],
  shipping: ['15.00 RON'],
};

export const QUOTE: Quote = {
  items: [{ sku: 'sku-001', name: 'Notebook', quantity: 2, unit_price: lei('25.00'), amount: lei('50.00'), available: 9 }],
  totals: { subtotal: lei('50.00'), shipping: lei('15.00'), tax: lei('0.00'), total: lei('65.00') },
};

export const ORDER: Order = {
  order_id: 'A-1',
  workflow: 'checkout',
  status: 'confirmed',
  placed_at: '2026-01-31T10:00:00Z',
  customer: { email: 'ana@example.com', name: '<b>Ana</b>' },
  items: [{ sku: 'sku-001', name: 'Notebook', quantity: 2, unit_price: lei('25.00'), amount: lei('50.00') }],
  totals: { subtotal: lei('50.00'), shipping: lei('15.00'), tax: lei('0.00'), total: lei('65.00') },
  payment: { status: 'paid', charged: lei('65.00') },
  receipt_url: 'http://shop.example/receipt',
  history: [
    { status: 'placed', at: '2026-01-31T10:00:00Z' },
    { status: 'confirmed', at: '2026-01-31T10:00:01Z' },
  ],
  execution_arn: 'arn:aws:states:eu-central-1:123456789012:execution:checkout:A-1',
};

export function problem(status: number, kind: string, detail: string, errors?: Problem['errors']) {
  const body: Problem = {
    type: `/problems/${kind}`,
    title: detail,
    status,
    detail,
    instance: '/',
    request_id: 'test-1',
    errors,
  };
  return HttpResponse.json(body, { status });
}

export const session = http.get('*/session', () =>
  HttpResponse.json({ operator: true, expires_at: '2026-01-31T22:00:00Z' }),
);
export const shop = http.get('*/shop', () => HttpResponse.json(SHOP));
export const quote = http.post('*/quote', () => HttpResponse.json(QUOTE));

/** A server for one file of tests; each test says what it answers. */
export function testServer() {
  const server = setupServer();
  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
  return server;
}
