import { expect, screenshot, signIn, test } from './support/fixtures.ts';
import { FRAGILE } from './support/server.ts';

test('the time machine tells what happened and why', async ({ operator: page }, info) => {
  await page.goto('/console/orders/S-declined');
  await expect(page.getByText('The payment was refused: the card was declined.')).toBeVisible();
  const timeline = page.getByRole('list', { name: 'What happened' });
  await expect(timeline.getByText('held 1 × sku-001')).toBeVisible();
  await expect(timeline.getByText('released 1 × sku-001')).toBeVisible();
  await expect(timeline.getByText(/40\.00 RON refused/)).toBeVisible();
  await expect(timeline.getByText(/mail to ana@example.com/)).toBeVisible();

  const states = page.getByRole('list', { name: 'States in the order they were entered' });
  await states.getByRole('button', { name: /ReserveStock/ }).click();
  await expect(page).toHaveURL(/state=ReserveStock/);
  const inspector = page.getByRole('region', { name: 'State ReserveStock' });
  await expect(inspector.getByRole('region', { name: 'Input' })).toContainText('S-declined');
  await states.getByRole('button', { name: /ChargePayment/ }).click();
  await expect(page.getByRole('region', { name: 'State ChargePayment' })).toContainText('PaymentDeclined');
  await page.getByRole('group', { name: 'Graph of checkout' }).scrollIntoViewIfNeeded();
  await expect(page.getByRole('button', { name: 'FailOrder, Task' })).toBeVisible();
  await page.evaluate(() => scrollTo(0, 0));
  await screenshot(page, info, 'time-machine');
});

test('an order that stopped half-way goes on after a preview', async ({ operator: page, server }, info) => {
  const id = `stopped-${info.project.name}`;
  await server.request('PUT', '/payment-gateway', { unavailable_served: false });
  await server.place(id, { path: `/${FRAGILE}/orders`, token: 'tok_unavailable' });
  await page.goto(`/console/orders/${id}`);
  await expect(page.getByText(/The workflow stopped half-way/)).toBeVisible();
  await screenshot(page, info, 'stopped');
  await page.getByRole('button', { name: 'Retry from the failed state' }).click();
  const dialogue = page.getByRole('dialog');
  await expect(dialogue.getByText('Goes on from ChargePayment')).toBeVisible();

  // An edited input is shown anew before anything is done.
  const input = dialogue.getByLabel('Input of the state');
  const shown = JSON.parse(await input.inputValue()) as Record<string, unknown>;
  await input.fill(JSON.stringify({ ...shown, note: 'by telephone' }));
  await expect(dialogue.getByRole('button', { name: 'Retry now' })).toBeDisabled();
  await dialogue.getByRole('button', { name: 'Show what will happen with this input' }).click();
  await expect(dialogue.getByRole('button', { name: 'Retry now' })).toBeEnabled();
  await dialogue.getByLabel(/^Reason/).fill('the provider is back');
  await screenshot(page, info, 'redrive');
  await server.request('PUT', '/payment-gateway', { unavailable_served: true });
  await dialogue.getByRole('button', { name: 'Retry now' }).click();
  await expect(dialogue).toBeHidden();
  await expect(page.getByText('All is well: the order is paid and confirmed.')).toBeVisible();
  await expect(page.getByRole('list', { name: 'What happened' }).getByText('by Ana')).toBeVisible();
});

test('money goes back, with a reason', async ({ operator: page, server }, info) => {
  const id = `refund-${info.project.name}`;
  await server.place(id);
  await page.goto(`/console/orders/${id}`);
  await page.getByRole('button', { name: 'Refund' }).click();
  const dialogue = page.getByRole('dialog');
  await dialogue.getByLabel(/^Amount/).fill('5.00');
  await dialogue.getByLabel(/^Reason/).fill('one was scratched');
  await dialogue.getByRole('button', { name: 'Refund' }).click();
  await expect(dialogue).toBeHidden();
  const timeline = page.getByRole('list', { name: 'What happened' });
  await expect(timeline.getByText(/5\.00 RON given back/).first()).toBeVisible();
  await expect(timeline.getByText('by Ana').first()).toBeVisible();
});

test('a mail goes out again and a link is reopened', async ({ operator: page, server }, info) => {
  const id = `mail-${info.project.name}`;
  await server.place(id);
  await page.goto(`/console/orders/${id}`);
  await page.getByRole('button', { name: 'Send the mail again' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByText('The mail goes out again')).toBeVisible();

  await page.getByRole('button', { name: 'Reopen the link' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make a link' }).click();
  const link = await page.getByLabel("Link to the shopper's page").inputValue();
  // The link begins with the public address, which is not this server's.
  await page.context().clearCookies();
  await page.goto(new URL(link).pathname + new URL(link).search);
  await expect(page.getByRole('heading', { name: 'Your order' })).toBeVisible();
  await expect(page.getByText('Confirmed').first()).toBeVisible();
});

test.describe('two operators', () => {
  test.use({ expected: /status of 409/ });

  test('acting on one order: one wins, the other is told', async ({ operator: page, server, browser }, info) => {
    const id = `two-${info.project.name}`;
    await server.place(id);
    const other = await (await browser.newContext({ baseURL: server.url })).newPage();
    await signIn(other, 'Ion');
    for (const each of [page, other]) await each.goto(`/console/orders/${id}`);
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await other.getByRole('button', { name: 'Refund' }).click();
    await other.getByRole('dialog').getByLabel(/^Reason/).fill('too late');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the order' }).click();
    await expect(page.getByRole('dialog')).toBeHidden();
    await other.getByRole('dialog').getByRole('button', { name: 'Refund' }).click();
    await expect(other.getByRole('dialog').getByRole('alert')).toBeVisible();
    await other.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click();
    // Both see what came of it.
    for (const each of [page, other]) await expect(each.getByText('The order was called off', { exact: false }).first()).toBeVisible();
    await other.context().close();
  });
});

test.describe('an unknown order', () => {
  test.use({ expected: /status of 404/ });

  test('has a friendly page', async ({ operator: page }) => {
    await page.goto('/console/orders/never-was');
    await expect(page.getByText('There is no order never-was')).toBeVisible();
  });
});
