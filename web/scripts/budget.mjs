// Measures what a browser fetches for the first page of the shop, and fails when it is more than the budget.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_BYTES = 250 * 1024;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

/** A chunk with everything it imports at once. */
function files(name, seen = new Set()) {
  if (seen.has(name)) return [];
  seen.add(name);
  const chunk = manifest[name];
  return [chunk.file, ...(chunk.css ?? []), ...(chunk.imports ?? []).flatMap((next) => files(next, seen))];
}

const entries = Object.keys(manifest).filter(
  (name) =>
    manifest[name].isEntry || /src\/shop\/(shop-layout|catalogue)\.tsx$/.test(name) || /i18n\/en\/(common|shop)\.json$/.test(name),
);
const first = new Set(entries.flatMap((name) => files(name)));
let total = gzipSync(readFileSync(new URL('index.html', dist))).length;
for (const file of first) total += gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;

console.log(`First load of the shop: ${(total / 1024).toFixed(1)} KiB gzip in ${first.size} files (budget ${BUDGET_BYTES / 1024} KiB)`);
if (total > BUDGET_BYTES) {
  console.error('The budget is exceeded.');
  process.exit(1);
}
