import { gzipSync } from 'node:zlib';
import { expect, test } from './support/fixtures.ts';

const BUDGET_BYTES = 250 * 1024;

test('the first load of the shop is small, and nothing comes from elsewhere', async ({ page, server }) => {
  let bytes = 0;
  const hosts = new Set<string>();
  page.on('response', async (response) => {
    hosts.add(new URL(response.url()).origin);
    const body = await response.body().catch(() => Buffer.alloc(0));
    bytes += gzipSync(body).length;
  });
  await page.goto('/', { waitUntil: 'networkidle' });
  await expect(page.getByText('Fountain pen')).toBeVisible();
  expect([...hosts]).toEqual([server.url]);
  test.info().annotations.push({ type: 'first load', description: `${(bytes / 1024).toFixed(1)} KiB gzip` });
  expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES);
});

test('the policy is strict and the assets are kept', async ({ request }) => {
  const page = await request.get('/console/orders', { headers: { Accept: 'text/html' } });
  const policy = page.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("style-src 'self'");
  expect(policy).not.toContain('unsafe');
  const html = await page.text();
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(html).not.toMatch(/<style|style=/);
  const asset = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
  expect((await request.get(asset)).headers()['cache-control']).toMatch(/immutable/);
  // The same address without a browser's wish for a page is the interface's.
  expect((await request.get('/orders/S-confirmed', { headers: { Accept: 'application/json' } })).headers()['content-type']).toMatch(/json/);
});
