import { http, HttpResponse } from 'msw';
import { expect, it, vi } from 'vitest';
import { testServer } from '~/testing/server';
import { loadPart } from './load-part';

const server = testServer();

it('waits for a server that is away', async () => {
  let looks = 0;
  server.use(http.get('*/healthz', () => (++looks < 2 ? HttpResponse.error() : HttpResponse.json({}))));
  const load = vi.fn().mockRejectedValueOnce(new TypeError('Failed to fetch')).mockResolvedValue('the part');
  expect(await loadPart(load)).toBe('the part');
  expect(looks).toBe(2);
});

it('gives up when it has just loaded the page anew for the same reason', async () => {
  server.use(http.get('*/healthz', () => HttpResponse.json({})));
  sessionStorage.setItem('orderflow-reloaded-at', String(Date.now()));
  await expect(loadPart(() => Promise.reject(new TypeError('gone')))).rejects.toThrow('gone');
});
