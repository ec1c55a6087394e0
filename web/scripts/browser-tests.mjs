// Runs the browser tests against the real binary, or says loudly that it cannot.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const browser = process.env.ORDERFLOW_CHROMIUM ?? BROWSERS.find((place) => existsSync(place));
const binary = process.env.ORDERFLOW_BINARY;
if (browser === undefined) {
  console.log('SKIPPED: the browser tests. No Chromium is here: install the package chromium, or set ORDERFLOW_CHROMIUM.');
  process.exit(0);
}
if (binary === undefined || !existsSync(binary)) {
  console.error(`ORDERFLOW_BINARY is ${binary ?? 'not set'}: expected the server with the built app inside (make web-test).`);
  process.exit(1);
}
const { status } = spawnSync('npx', ['playwright', 'test', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ORDERFLOW_CHROMIUM: browser },
});
process.exit(status ?? 1);
