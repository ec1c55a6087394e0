import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { themeCss } from './scripts/theme-css.ts';

/** Where `npm run dev` finds the API. */
const server = process.env.ORDERFLOW_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), themeCss()],
  resolve: { alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // A strict Content-Security-Policy: nothing is inlined, every asset is a hashed file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
  },
  server: {
    proxy: {
      // What is not a page and not a module of ours is the API's.
      '^/(?!src/|node_modules/|@|assets/|favicon\\.svg)': {
        target: server,
        bypass: (request) => (request.headers.accept?.includes('text/html') ? '/index.html' : undefined),
      },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    css: false,
  },
});
