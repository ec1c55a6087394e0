import type { Page } from '@playwright/test';
import { expect, expectAccessible, test } from './support/fixtures.ts';

const SHOP = ['/', '/quick', '/cart', '/checkout'];

const CONSOLE = [
  '/console',
  '/console/orders',
  '/console/orders/S-declined',
  '/console/workflows',
  '/console/workflows/checkout',
  '/console/workflows/checkout?tab=states',
  '/console/workflows/checkout?tab=test',
  '/console/stock',
  '/console/stock/sku-001',
  '/console/messages',
  '/console/messages?tab=topics',
  '/console/messages?tab=webhooks',
  '/console/messages?tab=queues',
  '/console/messages?tab=dead-letters',
  '/console/customers',
];

test.describe.configure({ timeout: 120_000 });

/** Everything that the page asked for is there. */
async function settled(page: Page) {
  await expect(page.locator('h1').first()).toBeVisible();
  await expect(page.locator('.mantine-Skeleton-root')).toHaveCount(0);
}

for (const scheme of ['light', 'dark'] as const) {
  test.describe(`in ${scheme} colours`, () => {
    test.use({ colorScheme: scheme });

    test('axe finds nothing serious in the shop', async ({ page, server }) => {
      await page.addInitScript(() => localStorage.setItem('orderflow-cart', '[{"sku":"sku-001","quantity":2}]'));
      const placed = await server.place(`axe-${scheme}-${test.info().project.name}`);
      for (const address of [...SHOP, `/orders/${placed.order_id}?token=${placed.access_token}`]) {
        await test.step(address, async () => {
          await page.goto(address);
          await settled(page);
          await expectAccessible(page);
        });
      }
    });

    for (const half of [CONSOLE.slice(0, 7), CONSOLE.slice(7)]) {
      test(`axe finds nothing serious in the console from ${half[0]} on`, async ({ operator: page }) => {
        for (const address of half) {
          await test.step(address, async () => {
            await page.goto(address);
            await settled(page);
            await expectAccessible(page);
          });
        }
      });
    }

    test.describe('signed out', () => {
      test.use({ expected: /status of 401/ });

      test('axe finds nothing serious where one signs in', async ({ page }) => {
        await page.goto('/console');
        await settled(page);
        await expectAccessible(page);
      });
    });
  });
}

test('an order can be placed with the keyboard alone @desktop', async ({ page }) => {
  await page.goto('/quick');
  await page.getByLabel('Product ID').focus();
  await page.keyboard.type('sku-002');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type('keys@example.com');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Confirmed').first()).toBeVisible();
});
