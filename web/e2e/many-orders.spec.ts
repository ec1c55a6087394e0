import { loadavg } from 'node:os';
import type { Page } from '@playwright/test';
import { expect, screenshot, test as base } from './support/fixtures.ts';
import { Server } from './support/server.ts';

const ORDERS = Number(process.env['ORDERFLOW_TEST_FILE_ORDERS'] ?? 100_000);
const BUDGET_MS = 100;

/** A server whose file holds very many orders. */
const test = base.extend<object, { server: Server }>({
  server: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const server = new Server();
      await server.start();
      await server.place('M-confirmed');
      await server.place('M-declined', { token: 'tok_declined', email: 'ion@example.com', name: 'Ion Marin' });
      await server.place('M-rejected', { items: [{ sku: 'sku-001', quantity: 100_000 }] });
      await server.fill('orders', ORDERS);
      await use(server);
      await server.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
});

/** The longest time, in milliseconds, from something that a person did to the frame that shows it. */
async function slowestInteraction(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const seen = window as unknown as { slowest: number };
    seen.slowest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if ((entry as { interactionId?: number } & PerformanceEntry).interactionId) seen.slowest = Math.max(seen.slowest, entry.duration);
      }
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  await act();
  await page.waitForTimeout(300);
  return page.evaluate(() => (window as unknown as { slowest: number }).slowest);
}

test(`with ${ORDERS} orders the list answers at once`, async ({ operator: page }, info) => {
  await page.goto('/console/orders');
  const table = page.getByRole('table', { name: 'Orders' });
  await expect(table.getByRole('link').first()).toBeVisible();
  // Only the rows in sight are in the document.
  expect(await table.getByRole('row').count()).toBeLessThan(80);

  const search = page.getByRole('textbox', { name: /Search orders/ });
  const slowest = await slowestInteraction(page, async () => {
    await table.getByRole('checkbox').nth(1).click();
    await table.getByRole('checkbox').nth(2).click();
    await table.hover();
    for (let turns = 0; turns < 10; turns++) await page.mouse.wheel(0, 2_000);
    await search.click();
    await search.pressSequentially('many-0099', { delay: 30 });
    await expect(table.getByRole('link', { name: 'many-0099' }).first()).toBeVisible();
    await search.fill('');
    await page.getByRole('combobox', { name: 'Status' }).click();
    await page.getByRole('option', { name: 'Payment failed' }).click();
    await expect(page).toHaveURL(/status=payment_failed/);
    await expect(table.getByText('Ion Marin').first()).toBeVisible();
  });
  await screenshot(page, info, 'many-orders');
  console.log(`Slowest interaction with ${ORDERS} orders (${info.project.name}): ${slowest} ms`);
  // Time on a shared machine is measured, not judged to the millisecond: what is far over is a fault wherever it runs.
  if (slowest > BUDGET_MS) console.log(`OVER THE BUDGET of ${BUDGET_MS} ms, at a load of ${(loadavg()[0] ?? 0).toFixed(1)}`);
  expect(slowest).toBeLessThan(10 * BUDGET_MS);
});

test('the server finds a page of them quickly', async ({ server }) => {
  for (const query of ['', '?status=payment_failed', '?q=many-0099', '?customer=ion@example.com', '?min_total=40&max_total=41', '?placed_before=2026-01-01']) {
    const started = Date.now();
    await server.request('GET', `/orders${query}`);
    expect(Date.now() - started, `/orders${query}`).toBeLessThan(1_000);
  }
});
