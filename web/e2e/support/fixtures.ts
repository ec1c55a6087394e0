import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page, type TestInfo } from '@playwright/test';
import { KEY, Server } from './server.ts';

export { expect };

/** The browser's driver looks into every frame, and a mail's lets no script in. */
const KEPT_OUT = /^Blocked script execution in '[^']*\/mailbox\/\d+\.html'/;

interface Fixtures {
  /** The server of this worker, with one order of each outcome in it. */
  server: Server;
  /** Signed in as the operator. */
  operator: Page;
  /** Errors in the browser's console that a test brings about on purpose. */
  expected: RegExp;
  quietConsole: void;
}

export const test = base.extend<Omit<Fixtures, 'server'>, Pick<Fixtures, 'server'>>({
  server: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const server = new Server();
      await server.start();
      await seed(server);
      await noted(server);
      await server.fill('hour');
      await use(server);
      await server.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  expected: [/(?!)/, { option: true }],

  operator: async ({ page }, use) => {
    await signIn(page);
    await use(page);
  },

  quietConsole: [
    async ({ page, expected }, use) => {
      const errors: string[] = [];
      page.on('console', (message) => {
        const text = `${message.text()} ${message.location().url}`;
        if (message.type() === 'error' && !expected.test(text) && !KEPT_OUT.test(text)) errors.push(text);
      });
      page.on('pageerror', (error) => errors.push(error.message));
      await use();
      expect(errors, 'errors in the console').toEqual([]);
    },
    { auto: true },
  ],
});

/** Orders of all outcomes, some of them with text that would be markup if it were not text. */
async function seed(server: Server) {
  await server.place('S-confirmed', { items: [{ sku: 'sku-001', quantity: 2 }, { sku: 'sku-003', quantity: 1 }] });
  await server.place('S-declined', { token: 'tok_declined', name: '<img src=x onerror=alert(1)>' });
  await server.place('S-rejected', { items: [{ sku: 'sku-001', quantity: 100_000 }], email: 'ion@example.com' });
  await server.place('S-guest', { email: 'guest@example.com', name: 'Gabriela' });
}

/** Until the server has written down how long the states took, which it does now and then. */
async function noted(server: Server) {
  const states = async () => {
    const { items } = await server.request<{ items: { states: unknown[] }[] }>('GET', '/stats/workflows?range=1h');
    return items.flatMap((workflow) => workflow.states).length;
  };
  await expect.poll(states, { timeout: 20_000 }).toBeGreaterThan(0);
}

/** Through the interface, as the form would: the cookie is the page's from then on. */
export async function signIn(page: Page, name = 'Ana', apiBase = '') {
  const response = await page.request.post(`${apiBase}/session`, {
    data: { key: KEY, name },
    headers: { 'X-Requested-With': 'orderflow' },
  });
  expect(response.status()).toBe(200);
}

/** Fails on what axe calls serious or critical. */
export async function expectAccessible(page: Page) {
  // What is still fading in has less contrast than it will have.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))));
  // A mail is its sender's, and no script gets into its frame, axe's neither.
  await page.evaluate(() => document.querySelectorAll('iframe').forEach((frame) => frame.remove()));
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary})`).join('; ')}`);
  expect(told).toEqual([]);
}

/** Kept under test-results/screens, by project and name. */
export async function screenshot(page: Page, info: TestInfo, name: string) {
  await page.screenshot({ path: `test-results/screens/${info.project.name}/${name}.png`, animations: 'disabled' });
}
