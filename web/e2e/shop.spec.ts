import type { Page } from '@playwright/test';
import { expect, screenshot, test } from './support/fixtures.ts';

/** What the checkout asks for. */
async function fillIn(page: Page, email = 'maria@example.com') {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Name', { exact: true }).fill('Maria Ionescu');
  await page.getByLabel('Street and number').fill('Str. Lungă 12');
  await page.getByLabel('Postal code').fill('500035');
  await page.getByLabel('City').fill('Brașov');
}

/** Puts something into the cart and goes to the checkout. */
async function toCheckout(page: Page, product = 'Fountain pen') {
  await page.goto('/');
  await page.getByRole('button', { name: `Add ${product} to the cart` }).click();
  await page.goto('/checkout');
  await expect(page.getByRole('button', { name: 'Place order' })).toBeEnabled();
}

test('a shopper finds, buys, follows and cancels', async ({ page }, info) => {
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

  await fillIn(page);
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

test('a refused card leaves the cart, and another card buys it', async ({ page }, info) => {
  await toCheckout(page);
  await fillIn(page);
  await page.getByRole('radio', { name: 'tok_declined' }).check();
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page.getByRole('alert')).toContainText('The payment was refused');
  await expect(page.getByRole('alert')).toContainText('Try another card');
  await screenshot(page, info, 'checkout-refused');
  await page.getByRole('radio', { name: 'tok_visa' }).check();
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page.getByText('Confirmed').first()).toBeVisible();
});

test.describe('what the server refuses', () => {
  test.use({ expected: /status of 400/ });

  test('stands beside its field', async ({ page }) => {
    await toCheckout(page);
    await fillIn(page, 'not an address');
    await page.getByRole('button', { name: 'Place order' }).click();
    const email = page.getByLabel('Email address');
    await expect(email).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByText(/an email address|a mail address/i).first()).toBeVisible();
    await expect(email).toHaveValue('not an address');
  });

  test('stands beside its field in the quick form, too', async ({ page }) => {
    await page.goto('/quick');
    await page.getByLabel('Product ID').fill('no-such-thing');
    await page.getByLabel('Email').fill('nobody');
    await page.getByRole('button', { name: 'Place order' }).click();
    await expect(page.getByLabel('Email')).toHaveAttribute('aria-invalid', 'true');
  });
});

test('the quick form makes an order', async ({ page }, info) => {
  await page.goto('/quick');
  await page.getByLabel('Product ID').fill('sku-002');
  await page.getByLabel('Quantity').fill('2');
  await page.getByLabel('Email').fill('quick@example.com');
  await screenshot(page, info, 'quick');
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page).toHaveURL(/\/orders\/.+token=/);
  // Live: nobody reloads this page.
  await expect(page.getByText('Confirmed').first()).toBeVisible();
});

test('what is sold out meanwhile is said before ordering', async ({ page, server }) => {
  const sku = `scarce-${test.info().project.name}`;
  await server.request('PUT', `/inventory/${sku}`, { name: `Scarce ${sku}`, unit_price: { amount: '5.00', currency: 'RON' } });
  await server.request('POST', `/inventory/${sku}/movements`, { kind: 'received', units: 1 });
  await toCheckout(page, `Scarce ${sku}`);
  await fillIn(page);
  await server.place(`gone-${sku}`, { items: [{ sku, quantity: 1 }] });
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page.getByText('Sold out while you were shopping')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Place order' })).toBeDisabled();
});

test('a double click makes one order', async ({ page, server }) => {
  const email = `twice-${test.info().project.name}@example.com`;
  await toCheckout(page);
  await fillIn(page, email);
  await page.getByRole('button', { name: 'Place order' }).dblclick();
  await expect(page.getByText('Confirmed').first()).toBeVisible();
  const { items } = await server.request<{ items: unknown[] }>('GET', `/orders?customer=${email}`);
  expect(items).toHaveLength(1);
});

test('a reload in the middle makes one order', async ({ page, server }) => {
  const email = `reload-${test.info().project.name}@example.com`;
  await toCheckout(page);
  await fillIn(page, email);
  // The order arrives, and its answer is lost with the page.
  let arrived = false;
  await page.route('**/orders?wait=*', async (route) => {
    await route.fetch();
    arrived = true;
    await new Promise(() => undefined);
  }, { times: 1 });
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect.poll(() => arrived).toBe(true);
  await page.reload();
  await expect(page).toHaveURL(/\/orders\/.+token=/);
  const { items } = await server.request<{ items: unknown[] }>('GET', `/orders?customer=${email}`);
  expect(items).toHaveLength(1);
});

test.describe('links that do not open an order', () => {
  test.use({ expected: /status of 40[134]/ });

  for (const address of ['/orders/never-was', '/orders/S-confirmed?token=wrong', '/orders/S-confirmed']) {
    test(`${address} is answered kindly`, async ({ page }) => {
      await page.goto(address);
      await expect(page.getByText('We do not know this order')).toBeVisible();
    });
  }
});

test('an unknown address is answered kindly', async ({ page }) => {
  await page.goto('/there/is/nothing');
  await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
});

test('the shop speaks Romanian and turns dark', async ({ page }, info) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Language' }).click();
  await page.getByRole('menuitem', { name: 'Română' }).click();
  await expect(page.getByRole('heading', { name: 'Tot ce este în magazin' })).toBeVisible();
  await page.getByRole('button', { name: 'Schema de culori' }).or(page.getByRole('button', { name: /culori/i })).first().click();
  await page.getByRole('menuitem').nth(1).click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await expect(page.getByRole('heading', { name: 'Tot ce este în magazin' })).toBeVisible();
  await screenshot(page, info, 'shop-dark-ro');
});
