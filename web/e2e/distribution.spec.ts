import { expect, signIn, test as base } from './support/fixtures.ts';
import { Distribution } from './support/distribution.ts';

/** The app as it is on AWS: its pages from a bucket, the API below `/api`, CloudFront before both. */
const test = base.extend<object, { distribution: Distribution }>({
  distribution: [
    async ({ server }, use) => {
      const distribution = new Distribution(server.url);
      await distribution.start();
      await use(distribution);
      await distribution.stop();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ distribution }, use) => use(distribution.url),
});

test('behind CloudFront a shopper buys and follows', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Add Fountain pen to the cart' }).click();
  await page.goto('/checkout');
  await page.getByLabel('Email address').fill('maria@example.com');
  await page.getByLabel('Name', { exact: true }).fill('Maria Ionescu');
  await page.getByLabel('Street and number').fill('Str. Lungă 12');
  await page.getByLabel('Postal code').fill('500035');
  await page.getByLabel('City').fill('Brașov');
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page).toHaveURL(/\/orders\/.+token=/);
  await expect(page.getByText('Confirmed').first()).toBeVisible();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download receipt' }).click();
  expect((await download).suggestedFilename()).toMatch(/\.pdf$/);
});

test.describe('behind CloudFront an address of the app', () => {
  test.use({ expected: /status of 404/ });

  test('is the app, also with a point in it', async ({ page }) => {
    await signIn(page, 'Ana', '/api');
    await page.goto('/console/orders/never.was');
    await expect(page.getByText('There is no order never.was')).toBeVisible();
  });
});

test('behind CloudFront an operator finds orders, mails and files', async ({ page, distribution }) => {
  await signIn(page, 'Ana', '/api');
  await page.goto('/console/orders');
  await expect(page.getByRole('table', { name: 'Orders' }).getByRole('link').first()).toBeVisible();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export CSV' }).click();
  expect((await download).url()).toContain(`${distribution.url}/api/orders/export.csv`);
  await page.goto('/console/messages');
  await expect(page.frameLocator('iframe').locator('body')).toContainText('order');
});
