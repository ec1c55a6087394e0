import { expect, screenshot, test as base } from './support/fixtures.ts';
import { Server } from './support/server.ts';

/** What a browser says of requests that nobody answers. */
const AWAY = /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)|status of 50\d/;

/** These tests kill the server, so each has one of its own. */
const test = base.extend<{ mortal: Server }>({
  // eslint-disable-next-line no-empty-pattern
  mortal: async ({}, use) => {
    const server = new Server();
    await server.start();
    await use(server);
    await server.stop();
  },
  baseURL: async ({ mortal }, use) => use(mortal.url),
});
test.use({ expected: AWAY });

test('an open page says that the server is away, and goes on by itself when it is back', async ({ operator: page, mortal }, info) => {
  await mortal.place('survivor');
  await page.goto('/console/orders/survivor');
  await expect(page.getByText('All is well: the order is paid and confirmed.')).toBeVisible();
  await mortal.kill();
  await expect(page.getByText('The server is away. Reconnecting …')).toBeVisible({ timeout: 15_000 });
  // The page below stays.
  await expect(page.getByText('All is well: the order is paid and confirmed.')).toBeVisible();
  await screenshot(page, info, 'away');
  await mortal.start();
  await expect(page.getByText('The server is away. Reconnecting …')).toBeHidden({ timeout: 15_000 });
  await mortal.request('POST', '/orders/survivor/cancel?wait=10');
  await expect(page.getByRole('heading', { level: 1 }).getByText('Cancelled')).toBeVisible({ timeout: 15_000 });
});

test('an order placed while the server is away is placed once it is back, once', async ({ page, mortal }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Add Fountain pen to the cart' }).click();
  await page.goto('/checkout');
  await page.getByLabel('Email address').fill('patient@example.com');
  await page.getByLabel('Street and number').fill('Str. Lungă 12');
  await page.getByLabel('City').fill('Brașov');
  await mortal.kill();
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page.getByText('The shop does not answer')).toBeVisible();
  await mortal.start();
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page.getByText('Confirmed').first()).toBeVisible();
  const { items } = await mortal.request<{ items: unknown[] }>('GET', '/orders?customer=patient@example.com');
  expect(items).toHaveLength(1);
});

test("the shopper's page follows its order through a restart", async ({ page, mortal }) => {
  const placed = await mortal.place('slow', { token: 'tok_unavailable', wait: 0 });
  await page.goto(`/orders/slow?token=${placed.access_token}`);
  await expect(page.getByText('Reserved').first()).toBeVisible();
  await mortal.kill();
  await mortal.start();
  await mortal.request('PUT', '/payment-gateway', { unavailable_served: true });
  await expect(page.getByText('Confirmed').first()).toBeVisible({ timeout: 20_000 });
});

test('a failing interface is told on every page, with a way to try again', async ({ operator: page }, info) => {
  let failing = true;
  await page.route(/\/(orders|stats|workflows|inventory|mailbox|customers|alarms|audit)(\?|\/|$)/, async (route) => {
    const request = route.request();
    if (failing && request.resourceType() === 'fetch') {
      await route.fulfill({
        status: 500,
        contentType: 'application/problem+json',
        body: JSON.stringify({ type: '/problems/internal-error', title: 'It broke', status: 500, detail: 'it broke', instance: '/', request_id: 'r-1' }),
      });
    } else await route.continue();
  });
  for (const address of ['/console', '/console/orders', '/console/workflows', '/console/stock', '/console/messages', '/console/customers']) {
    await page.goto(address);
    await expect(page.getByText('Something went wrong on the server.').first()).toBeVisible();
  }
  await screenshot(page, info, 'failing');
  failing = false;
  await page.getByRole('button', { name: 'Try again' }).first().click();
  await expect(page.getByText('Something went wrong on the server.')).toHaveCount(0);
});
