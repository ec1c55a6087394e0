import { defineConfig, devices } from '@playwright/test';

const launchOptions = { executablePath: process.env['ORDERFLOW_CHROMIUM'], args: ['--no-sandbox', '--disable-dev-shm-usage'] };

/** Each worker has a server of its own (e2e/support/fixtures.ts), so that the tests can run side by side. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/runs',
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: { launchOptions, locale: 'en-GB', timezoneId: 'Europe/Bucharest', trace: 'retain-on-failure' },
  projects: [
    { name: 'desktop', use: { ...devices['Desktop Chrome'], viewport: { width: 1360, height: 900 }, launchOptions } },
    { name: 'phone', use: { ...devices['Pixel 7'], launchOptions }, grepInvert: /@desktop/ },
  ],
});
