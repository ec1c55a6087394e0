import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { signedIn } from '~/app/session';
import { open } from '~/testing/render';
import { ORDER, problem, session, testServer } from '~/testing/server';

const server = testServer();

const PAGES = [
  '/console',
  '/console/orders',
  '/console/orders/A-1',
  '/console/workflows',
  '/console/workflows/checkout',
  '/console/stock',
  '/console/stock/sku-001',
  '/console/messages',
  '/console/messages?tab=topics',
  '/console/messages?tab=webhooks',
  '/console/messages?tab=queues',
  '/console/messages?tab=dead-letters',
  '/console/customers',
  '/console/customers/C-1',
];

describe('with an API that fails', () => {
  it.each(PAGES)('%s says so and offers to try again', async (page) => {
    server.use(
      session,
      http.all('*', () => problem(500, 'internal-error', 'the disk is full')),
    );
    open(page);
    const alerts = await screen.findAllByRole('alert');
    expect(alerts[0]?.textContent).toContain('Something went wrong on the server.');
    expect(alerts[0]?.textContent).toContain('test-1');
    expect(screen.getAllByRole('button', { name: 'Try again' }).length).toBeGreaterThan(0);
  });
});

describe('with nothing there', () => {
  it.each([
    ['/console/orders', 'No order fits'],
    ['/console/workflows', 'No workflow is loaded'],
    ['/console/stock', 'No product fits'],
    ['/console/messages', 'No mail fits'],
    ['/console/messages?tab=topics', 'There are no topics'],
    ['/console/messages?tab=queues', 'There are no queues'],
    ['/console/messages?tab=dead-letters', 'Nothing was given up'],
    ['/console/customers', 'No customer fits'],
  ])('%s says “%s”', async (page, words) => {
    server.use(
      session,
      http.get('*', () => HttpResponse.json({ items: [] })),
    );
    open(page);
    expect(await screen.findByText(words)).toBeDefined();
  });

  it.each([
    ['/console/orders/A-1', 'There is no order A-1'],
    ['/console/workflows/gone', 'There is no workflow gone'],
    ['/console/stock/gone', 'There is no product gone'],
    ['/console/customers/gone', 'There is no customer gone'],
  ])('%s says “%s”', async (page, words) => {
    server.use(
      session,
      http.get('*', () => problem(404, 'not-found', 'there is no such thing')),
    );
    open(page);
    expect(await screen.findByText(words)).toBeDefined();
  });
});

describe('signing in', () => {
  it('is asked of who never did, and says when the key is wrong', async () => {
    server.use(
      http.get('*/session', () => problem(401, 'unauthorized', 'sign in')),
      http.post('*/session', () => problem(401, 'unauthorized', 'wrong')),
    );
    open('/console/orders');
    await userEvent.type(await screen.findByLabelText(/Operator key/), 'guess');
    await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByText("That is not the operator's key.")).toBeDefined();
  });

  it('again does not lose the page', async () => {
    let expired = false;
    server.use(
      session,
      http.post('*/session', () => {
        expired = false;
        return new HttpResponse(null, { status: 204 });
      }),
      http.get('*/orders', () =>
        expired ? problem(401, 'unauthorized', 'expired') : HttpResponse.json({ items: [ORDER] }),
      ),
      http.get('*', () => HttpResponse.json({ items: [] })),
    );
    const { queryClient, router } = open('/console/orders?q=A-1');
    await screen.findByRole('table');
    expired = true;
    await queryClient.invalidateQueries();
    const dialogue = await screen.findByRole('dialog');
    expect(router.state.location.search).toMatchObject({ q: 'A-1' });
    await userEvent.type(within(dialogue).getByLabelText(/Operator key/), 'right');
    await userEvent.click(within(dialogue).getByRole('button', { name: 'Sign in' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(screen.getByRole('table')).toBeDefined();
    signedIn();
  });
});

describe('what operators ask of an order', () => {
  it('shows a refusal beside its field, and text of customers as text', async () => {
    server.use(
      session,
      http.get('*/orders/A-1', () => HttpResponse.json(ORDER)),
      http.get('*/orders/A-1/timeline', () => HttpResponse.json({ entries: [] })),
      http.get('*/orders/A-1/explanation', () =>
        HttpResponse.json({
          headline: 'All went well',
          what_happened: [],
          can_do: [{ action: 'refund', why: '65.00 RON were charged.' }],
        }),
      ),
      http.post('*/orders/A-1/refund', () =>
        problem(400, 'invalid-request', 'amount', [{ field: 'amount', expected: 'at most 65.00' }]),
      ),
      http.get('*', () => HttpResponse.json({ items: [], states: [] })),
    );
    open('/console/orders/A-1');
    await userEvent.click(await screen.findByRole('button', { name: 'Refund' }));
    const dialogue = await screen.findByRole('dialog');
    await userEvent.type(within(dialogue).getByLabelText(/Amount/), '900');
    await userEvent.type(within(dialogue).getByLabelText(/Reason/), 'broken');
    await userEvent.click(within(dialogue).getByRole('button', { name: 'Refund' }));
    expect(await within(dialogue).findByText('at most 65.00')).toBeDefined();
    expect(screen.getByText('<b>Ana</b>')).toBeDefined();
  });
});
