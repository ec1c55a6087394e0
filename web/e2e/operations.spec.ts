import { expect, screenshot, test } from './support/fixtures.ts';

test('the dashboard shows figures, alarms and the books', async ({ operator: page, server }, info) => {
  await server.place(`dashboard-${info.project.name}`);
  await page.goto('/console');
  await expect(page.getByText('Orders by outcome')).toBeVisible();
  await expect(page.getByText('Stock, money and orders agree')).toBeVisible();
  await expect(page.getByText('Charged but no order')).toBeVisible();
  await expect(page.locator('.recharts-bar-rectangle path').first()).toBeVisible();
  await screenshot(page, info, 'dashboard');
  await page.getByRole('button', { name: /OrdersQueueDepthAlarm/ }).first().click();
  await expect(page.getByRole('heading', { name: 'History' })).toBeVisible();
  await screenshot(page, info, 'alarm');
  for (const range of ['24 hours', '30 days']) {
    await page.getByText(range, { exact: true }).click();
    await expect(page.getByRole('radio', { name: range })).toBeChecked();
  }
  await expect(page).toHaveURL(/range=30d/);
  await page.getByRole('button', { name: 'Prove it again' }).click();
  await expect(page.getByText('Stock, money and orders agree')).toBeVisible();
});

test('a workflow is seen and tried with made-up results', async ({ operator: page }, info) => {
  await page.goto('/console/workflows');
  await page.getByRole('link', { name: 'checkout', exact: true }).click();
  await expect(page.getByRole('button', { name: 'ReserveStock, Task' })).toBeVisible();
  await screenshot(page, info, 'workflow');
  await page.getByRole('button', { name: 'ReserveStock, Task' }).click();
  await expect(page).toHaveURL(/state=ReserveStock/);
  await page.getByRole('tab', { name: 'States' }).click();
  await expect(page.getByRole('cell', { name: 'ChargePayment' })).toBeVisible();
  await page.getByRole('tab', { name: 'Executions' }).click();
  await expect(page.getByText('S-confirmed')).toBeVisible();
  await page.getByRole('tab', { name: 'Triggers' }).click();
  await expect(page.getByText('PlaceOrder')).toBeVisible();

  await page.getByRole('tab', { name: 'Test' }).click();
  await page.getByLabel('Results of the tasks').fill(
    JSON.stringify({ ChargePayment: { error: 'PaymentDeclined', cause: 'no money' }, FailOrder: { result: { status: 'payment_failed' } } }),
  );
  await page.getByRole('button', { name: 'Run the test' }).click();
  const states = page.getByRole('list', { name: 'States in the order they were entered' });
  await expect(states.getByRole('button', { name: /ChargePayment/ })).toContainText('Caught');
  await expect(states.getByRole('button', { name: /FailOrder/ })).toBeVisible();
  await screenshot(page, info, 'workflow-test');

  await page.getByLabel('Input', { exact: true }).first().fill('{ not json');
  await expect(page.getByText(/This is not JSON/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Run the test' })).toBeDisabled();
});

test.describe('stock', () => {
  test.use({ expected: /status of 4(00|22)/ });

  test('is received, adjusted and imported', async ({ operator: page, server }, info) => {
    const sku = `stock-${info.project.name}`;
    await server.request('PUT', `/inventory/${sku}`, { name: `Thing ${sku}`, unit_price: { amount: '5.00', currency: 'RON' } });
    // A page that takes long to come is not given up for what was typed before.
    await page.route('**/assets/product-page-*.js', async (route) => {
      await new Promise((wake) => setTimeout(wake, 600));
      await route.continue();
    });
    await page.goto(`/console/stock?q=${sku}`);
    await expect(page.getByRole('link', { name: `Thing ${sku}` })).toBeVisible();
    await page.getByLabel('Search products').pressSequentially(' ');
    await page.getByRole('link', { name: `Thing ${sku}` }).click();
    await expect(page.getByRole('heading', { name: `Thing ${sku}` })).toBeVisible();

    await page.getByRole('button', { name: 'Receive' }).click();
    await page.getByRole('dialog').getByLabel('Units').fill('12');
    await page.getByRole('dialog').getByRole('button', { name: 'Receive' }).click();
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect(page.getByText('+12')).toBeVisible();

    await page.getByRole('button', { name: 'Adjust' }).click();
    const adjust = page.getByRole('dialog');
    await adjust.getByRole('combobox', { name: 'Direction' }).click();
    await page.getByRole('option', { name: 'Fewer than the books say' }).click();
    await adjust.getByLabel('Units').fill('100');
    await adjust.getByLabel(/^Reason/).fill('counted');
    await adjust.getByRole('button', { name: 'Adjust' }).click();
    await expect(adjust.getByRole('alert')).toBeVisible();
    await adjust.getByLabel('Units').fill('2');
    await adjust.getByRole('button', { name: 'Adjust' }).click();
    await expect(adjust).toBeHidden();
    await expect(page.getByText('counted')).toBeVisible();
    await screenshot(page, info, 'product');

    await page.goto('/console/stock');
    await page.getByRole('button', { name: 'Import CSV' }).click();
    const csv = (lines: string) => ({ name: 'products.csv', mimeType: 'text/csv', buffer: Buffer.from(`sku,name,unit_price,currency,stock\n${lines}`) });
    const file = page.getByRole('dialog').locator('input[type=file]');
    await file.setInputFiles(csv('good-1,Good,1.00,RON,3\nbad-1,Bad,a lot,RON,3\nbad-2,Bad,1.00,RON,minus\n'));
    await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click();
    await expect(page.getByText('Nothing was imported: 2 places are wrong')).toBeVisible();
    await screenshot(page, info, 'import-errors');
    await file.setInputFiles(csv(`csv-${info.project.name},From a file ${info.project.name},1.00,RON,3\n`));
    await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click();
    await expect(page.getByText('1 line imported')).toBeVisible();
    await page.getByLabel('Search products').fill(`csv-${info.project.name}`);
    await expect(page.getByRole('link', { name: `From a file ${info.project.name}` })).toBeVisible();
    await screenshot(page, info, 'stock');
  });
});

test('messages: mails as rendered, topics, webhooks, queues', async ({ operator: page }, info) => {
  await page.goto('/console/messages');
  const shown = page.waitForResponse(/mailbox\/\d+\.html/);
  await page.getByRole('button', { name: /Your order S-guest is confirmed/ }).click();
  await expect(page.getByRole('region', { name: /Your order S-guest is confirmed/ })).toBeVisible();
  // Its frame is closed to scripts, to those of this test as well.
  await expect(page.locator('iframe')).toHaveAttribute('sandbox', '');
  const mail = await shown;
  expect(mail.status()).toBe(200);
  expect(mail.headers()['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
  await screenshot(page, info, 'mailbox');
  await page.getByRole('tab', { name: 'Topics' }).click();
  await page.getByRole('button', { name: /order-errors/ }).click();
  await expect(page.getByText(/S-declined|Order failed/).first()).toBeVisible();
  await screenshot(page, info, 'topics');
  await page.getByRole('tab', { name: 'Webhooks' }).click();
  const calls = page.getByRole('region', { name: 'Calls with what was published to order-confirmed' });
  await expect(calls.getByText(/Delivered/).first()).toBeVisible();
  await expect(calls.getByText(/127\.0\.0\.1:\d+\/hooks · 1 attempt/).first()).toBeVisible();
  await screenshot(page, info, 'webhooks');
  await page.getByRole('tab', { name: 'Queues' }).click();
  await expect(page.getByRole('cell', { name: 'OrdersQueue', exact: true })).toBeVisible();
  await page.getByRole('tab', { name: 'Dead letters' }).click();
  await expect(page).toHaveURL(/tab=dead-letters/);
});

test('a customer is seen and forgotten, and the books stay', async ({ operator: page, server }, info) => {
  const id = `C-${info.project.name}`;
  const email = `${id.toLowerCase()}@example.com`;
  await server.request('PUT', `/customers/${id}`, { company: `Company ${id}`, contact: 'Vasile', email });
  await server.request('POST', '/orders?wait=10', {
    order_id: `of-${id}`,
    customer: { id },
    items: [{ sku: 'sku-001', quantity: 1 }],
    shipping_address: { country: 'RO' },
    payment: { token: 'tok_visa' },
  });
  await page.goto('/console/customers');
  await page.getByLabel('Search customers').fill(id);
  await expect(page.getByText('RON 40.00')).toBeVisible();
  await screenshot(page, info, 'customers');
  await page.getByRole('link', { name: `Company ${id}` }).click();
  await expect(page.getByRole('link', { name: new RegExp(`of-${id}`) })).toBeVisible();
  await screenshot(page, info, 'customer');

  await page.getByRole('button', { name: 'Erase personal data' }).click();
  await expect(page.getByRole('button', { name: 'Erase for good' })).toBeDisabled();
  await page.getByLabel(`Type ${id} to confirm`).fill(id);
  await page.getByRole('button', { name: 'Erase for good' }).click();
  await expect(page.getByText('The personal data are erased')).toBeVisible();
  await page.goto(`/console/orders/of-${id}`);
  await expect(page.getByText('All is well: the order is paid and confirmed.')).toBeVisible();
  await expect(page.getByText('Vasile')).toBeHidden();
  const audit = await server.request<{ ok: boolean }>('GET', '/audit');
  expect(audit.ok).toBe(true);
});
