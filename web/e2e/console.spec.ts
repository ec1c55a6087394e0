import { readFileSync } from 'node:fs';
import { expect, screenshot, test } from './support/fixtures.ts';
import { KEY } from './support/server.ts';

test.describe('signing in', () => {
  test.use({ expected: /status of 401/ });

  test('keeps the page that was asked for', async ({ page }, info) => {
    await page.goto('/console/orders?q=S-');
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await screenshot(page, info, 'sign-in');
    await page.getByLabel(/^Operator key/).fill('a guess');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText("That is not the operator's key.")).toBeVisible();
    await page.getByLabel(/^Operator key/).fill(KEY);
    await page.getByLabel('Your name').fill('Ana');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('link', { name: 'S-confirmed' })).toBeVisible();
    await expect(page).toHaveURL(/console\/orders\?q=S-/);
  });

  test('again loses nothing when the session ends', async ({ operator: page }) => {
    await page.goto('/console/orders/S-confirmed');
    await page.getByRole('button', { name: 'Refund' }).click();
    const refund = page.getByRole('dialog', { name: 'Refund' });
    await refund.getByLabel(/^Amount/).fill('1.00');
    await refund.getByLabel(/^Reason/).fill('a scratch');
    await page.context().clearCookies();
    await refund.getByRole('button', { name: 'Refund' }).click();
    const again = page.getByRole('dialog', { name: 'Sign in again' });
    await again.getByLabel(/^Operator key/).fill(KEY);
    await again.getByRole('button', { name: 'Sign in' }).click();
    await expect(again).toBeHidden();
    await expect(refund.getByLabel(/^Reason/)).toHaveValue('a scratch');
    await refund.getByRole('button', { name: 'Cancel' }).click();
  });
});

test('orders are found, filtered in the address, and exported', async ({ operator: page }, info) => {
  await page.goto('/console/orders');
  await expect(page.getByRole('link', { name: 'S-confirmed' })).toBeVisible();
  await screenshot(page, info, 'orders');

  await page.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Payment failed' }).click();
  await expect(page).toHaveURL(/status=payment_failed/);
  await expect(page.getByRole('link', { name: 'S-declined' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'S-confirmed' })).toBeHidden();
  // What a customer wrote is text, whatever it looks like.
  await expect(page.getByText('<img src=x onerror=alert(1)>')).toBeVisible();
  await page.keyboard.press('Escape');

  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export CSV' }).click();
  const csv = readFileSync(await (await download).path(), 'utf8');
  expect(csv).toContain('S-declined');
  expect(csv).not.toContain('S-confirmed');

  await page.reload();
  await expect(page.getByRole('link', { name: 'S-declined' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear', exact: true }).last().click();
  await page.getByRole('textbox', { name: /Search orders/ }).fill('S-rej');
  await expect(page.getByRole('link', { name: 'S-rejected' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'S-declined' })).toBeHidden();
  await page.getByRole('textbox', { name: /Search orders/ }).fill('nothing-is-called-so');
  await expect(page.getByText('No order fits')).toBeVisible();
});

test('several orders are shipped at once', async ({ operator: page, server }, info) => {
  const ids = [1, 2, 3].map((number) => `bulk-${info.project.name}-${number}`);
  for (const id of ids) await server.place(id);
  await page.goto(`/console/orders?q=bulk-${info.project.name}`);
  for (const id of ids) await page.getByLabel(`Select order ${id}`).check();
  await page.getByRole('region', { name: '3 orders selected' }).getByRole('button', { name: 'Mark as shipped' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Mark as shipped' }).click();
  await expect(page.getByRole('dialog').getByText('3 of 3 orders done')).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await expect(page.getByRole('cell', { name: 'Shipped' })).toHaveCount(3);
});

test('the palette leads anywhere from the keyboard @desktop', async ({ operator: page }) => {
  await page.goto('/console');
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('A page, a workflow, an order …').fill('S-confirmed');
  await page.getByRole('button', { name: 'Open order S-confirmed' }).or(page.getByText('Open order S-confirmed')).first().click();
  await expect(page).toHaveURL(/console\/orders\/S-confirmed/);
  await page.goto('/console/orders');
  await expect(page.getByRole('link', { name: 'S-confirmed' })).toBeVisible();
  await page.keyboard.press('/');
  await expect(page.getByRole('textbox', { name: /Search orders/ })).toBeFocused();
});

test('the console speaks Romanian', async ({ operator: page }, info) => {
  await page.addInitScript(() => localStorage.setItem('orderflow-language', 'ro'));
  await page.goto('/console');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Panou');
  await screenshot(page, info, 'dashboard-ro');
});
