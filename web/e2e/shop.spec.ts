import { expect, screenshot, test } from './support/fixtures.ts';

const fill = async (page: import('@playwright/test').Page) => {
  await page.getByLabel('Email address').fill('maria@example.com');
  await page.getByLabel('Name', { exact: true }).fill('Maria Ionescu');
  await page.getByLabel('Street and number').fill('Str. Lungă 12');
  await page.getByLabel('Postal code').fill('500035');
  await page.getByLabel('City').fill('Brașov');
};

test('a shopper finds, buys and follows', async ({ page }, info) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Everything in the shop' })).toBeVisible();
  await expect(page.getByText(/\d+ left/).first()).toBeVisible();
  await screenshot(page, info, 'shop');

  await page.getByLabel('Search products').fill('fountain');
  await expect(page.getByRole('listitem')).toHaveCount(1);
  await expect(page).toHaveURL(/q=fountain/);
  await page.getByRole('button', { name: 'Add Fountain pen to the cart' }).click();
  await page.getByRole('link', { name: /Cart, 1 item/ }).click();
  await expect(page.getByRole('heading', { name: 'Your cart' })).toBeVisible();
  await expect(page.getByText('89.90').first()).toBeVisible();
  await screenshot(page, info, 'cart');
  await page.getByRole('link', { name: 'Check out' }).click();

  await fill(page);
  await screenshot(page, info, 'checkout');
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page).toHaveURL(/\/orders\/.+token=/);
  await expect(page.getByText('Confirmed').first()).toBeVisible();
  await expect(page.getByRole('link', { name: /Cart, 0 items/ })).toBeVisible();
  await screenshot(page, info, 'order');

  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download receipt' }).click();
  expect((await download).suggestedFilename()).toMatch(/\.pdf$/);

  await page.getByRole('button', { name: 'Cancel the order' }).click();
  await page.getByRole('button', { name: 'Cancel it' }).click();
  await expect(page.getByText('Refunded:')).toBeVisible();
  await expect(page.getByText('Cancelled').first()).toBeVisible();
});
