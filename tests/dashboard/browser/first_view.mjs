// SPDX-License-Identifier: Apache-2.0
//
// How long a browser takes from the address to data on the page:
//   node first_view.mjs URL TOKEN      in a directory with node_modules; part of scripts/bench
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(join(process.cwd(), 'package.json'))('playwright-core');
const [url, token] = process.argv.slice(2);
const rounds = 5;
const views = [
  ['overview, last day', '/', '.u-hz'],
  ['overview, 90 days', '/?range=90d', '.u-hz'],
  ['pulls', '/pulls', '.rows-item'],
  ['blocked pulls', '/pulls?action=block', '.rows-item'],
  ['images', '/images', '.rows-item'],
];

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-background-networking'] });
const login = await browser.newContext();
const page = await login.newPage();
await page.goto(`${url}/#token=${token}`);
await page.locator('nav').first().waitFor();
const storageState = await login.storageState();
for (const [name, path, sign] of views) {
  const times = [];
  for (let round = 0; round < rounds; ++round) {
    // Each round with nothing in the browser's cache.
    const context = await browser.newContext({ storageState });
    const fresh = await context.newPage();
    const start = performance.now();
    await fresh.goto(url + path, { waitUntil: 'commit' });
    await fresh.locator(sign).first().waitFor();
    times.push(performance.now() - start);
    await context.close();
  }
  times.sort((a, b) => a - b);
  console.log(`${name.padEnd(22)} ${Math.round(times[Math.floor(rounds / 2)])} ms (${Math.round(times[0])} to ${Math.round(times.at(-1))})`);
}
await browser.close();
