import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { open } from '~/testing/render';
import { ORDER, problem, QUOTE, quote, session, shop, testServer } from '~/testing/server';
import { cart } from './cart';

const server = testServer();

beforeEach(() => {
  cart.clear();
  server.use(shop, session);
});

const PLACED = { ...ORDER, access_token: 'secret', links: { self: '', events: '', receipt: '', cancel: '' } };

function withCart() {
  cart.add('sku-001', 2);
  server.use(quote);
}

async function placeOrder() {
  await userEvent.type(await screen.findByLabelText(/Email address/), 'ana@example.com');
  await userEvent.click(await screen.findByRole('button', { name: 'Place order' }));
}

describe('the catalogue', () => {
  it('is empty, fails and finds nothing in words', async () => {
    server.use(http.get('*/catalog', () => HttpResponse.json({ items: [] })));
    open('/?q=gone');
    expect(await screen.findByText('Nothing is called “gone”')).toBeDefined();
  });

  it('says how many are left, and does not sell what is not', async () => {
    const item = { sku: 'a', name: 'Pen', unit_price: { amount: '9.00', currency: 'RON' } };
    server.use(
      http.get('*/catalog', () =>
        HttpResponse.json({ items: [{ ...item, available: 3 }, { ...item, sku: 'b', name: 'Ink', available: 0 }] }),
      ),
    );
    open('/');
    expect(await screen.findByText('3 left')).toBeDefined();
    expect(screen.getByText('Sold out')).toBeDefined();
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Add Ink to the cart' }).disabled).toBe(true);
  });

  it('says when the server fails', async () => {
    server.use(http.get('*/catalog', () => problem(500, 'internal-error', 'broken')));
    open('/');
    expect(await screen.findByRole('alert')).toBeDefined();
  });
});

describe('the checkout', () => {
  it('keeps the cart when the payment is refused, and a new try is a new order', async () => {
    withCart();
    const keys: (string | null)[] = [];
    server.use(
      http.post('*/orders', ({ request }) => {
        keys.push(request.headers.get('Idempotency-Key'));
        return HttpResponse.json({
          ...PLACED,
          status: 'payment_failed',
          reason: 'the card was declined',
          payment: { status: 'declined' },
        });
      }),
    );
    open('/checkout');
    await placeOrder();
    expect(await screen.findByText('The payment was refused')).toBeDefined();
    expect(screen.getByText('the card was declined')).toBeDefined();
    expect(cart.lines()).toEqual([{ sku: 'sku-001', quantity: 2 }]);
    await userEvent.click(screen.getByRole('button', { name: 'Place order' }));
    await waitFor(() => expect(keys).toHaveLength(2));
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('sends the same order again when the server was away', async () => {
    withCart();
    const keys: (string | null)[] = [];
    server.use(
      http.get('*/healthz', () => HttpResponse.json({ status: 'ok' })),
      http.get('*/orders/A-1', () => HttpResponse.json(ORDER)),
      http.post('*/orders', ({ request }) => {
        keys.push(request.headers.get('Idempotency-Key'));
        return keys.length === 1 ? HttpResponse.error() : HttpResponse.json(PLACED);
      }),
    );
    const { router } = open('/checkout');
    await placeOrder();
    expect(await screen.findByText('The shop does not answer')).toBeDefined();
    expect(cart.lines()).toHaveLength(1);
    await userEvent.click(screen.getByRole('button', { name: 'Place order' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/orders/A-1'));
    expect(keys[0]).toBe(keys[1]);
    await waitFor(() => expect(cart.lines()).toEqual([]));
  });

  it('shows what is wrong beside the field', async () => {
    withCart();
    server.use(
      http.post('*/orders', () =>
        problem(400, 'invalid-request', 'wrong', [
          { field: 'customer/email', expected: 'an email address' },
          { field: 'shipping_address/postal_code', expected: 'six digits' },
        ]),
      ),
    );
    open('/checkout');
    await placeOrder();
    expect(await screen.findByText('an email address')).toBeDefined();
    expect(screen.getByText('six digits')).toBeDefined();
  });

  it('does not offer to place what has sold out meanwhile', async () => {
    cart.add('sku-001', 2);
    server.use(
      http.post('*/quote', () => HttpResponse.json({ ...QUOTE, items: [{ ...QUOTE.items[0], available: 1 }] })),
    );
    open('/checkout');
    expect(await screen.findByText('Only 1 is left')).toBeDefined();
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Place order' }).disabled).toBe(true);
  });

  it('goes on with an order that a reload interrupted', async () => {
    withCart();
    const request = { customer: { email: 'ana@example.com' }, items: [{ sku: 'sku-001', quantity: 2 }] };
    localStorage.setItem('orderflow-placement', JSON.stringify({ key: 'the-key', request }));
    let key: string | null = null;
    server.use(
      http.get('*/orders/A-1', () => HttpResponse.json(ORDER)),
      http.post('*/orders', ({ request: sent }) => {
        key = sent.headers.get('Idempotency-Key');
        return HttpResponse.json(PLACED);
      }),
    );
    const { router } = open('/checkout');
    await waitFor(() => expect(router.state.location.pathname).toBe('/orders/A-1'));
    expect(key).toBe('the-key');
  });
});

describe("the order's page", () => {
  it.each([
    [404, 'order-not-found', 'We do not know this order'],
    [410, 'link-expired', 'This link has expired'],
  ])('answers a %s in a friendly way', async (status, kind, words) => {
    server.use(http.get('*/orders/A-1', () => problem(status, kind, 'no')));
    open('/orders/A-1?token=x');
    expect(await screen.findByText(words)).toBeDefined();
  });

  it('shows where the order is and what it cost', async () => {
    server.use(http.get('*/orders/A-1', () => HttpResponse.json(ORDER)));
    open('/orders/A-1?token=x');
    expect(await screen.findByText('Download receipt')).toBeDefined();
    expect(screen.getByText('RON 65.00')).toBeDefined();
    expect(screen.getByRole('button', { name: 'Cancel the order' })).toBeDefined();
  });
});
