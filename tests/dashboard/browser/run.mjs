// SPDX-License-Identifier: Apache-2.0
//
// The dashboard in a browser, in front of a real server:
//   node run.mjs BINARIES SEED SCREENSHOTS      in a directory with node_modules
// BINARIES has portcullis, SEED fills records, SCREENSHOTS gets a picture of each page in both
// themes. ONLY=look|actions|live runs a part. Without a browser or another tool nothing is tested, loudly; with CI=true that fails.
import { spawnSync } from 'node:child_process';
import { after, before } from 'node:test';
import { actionTests } from './actions.tests.mjs';
import { Browser } from './browser.mjs';
import { liveTests } from './live.tests.mjs';
import { lookTests } from './look.tests.mjs';
import { World } from './world.mjs';

const [binaries, seed, screenshots] = process.argv.slice(2);
const find = (name) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).stdout.trim();
const executable = find('chromium');
const missing = ['chromium', 'docker-registry', 'skopeo', 'tar'].filter((name) => find(name) === '');

if (missing.length > 0 && process.env.CI !== 'true') {
  console.log(`SKIPPED: the dashboard is not tested in a browser, because this machine lacks ${missing.join(', ')}`);
} else {
  let world;
  let browser;
  before(async () => {
    if (missing.length > 0) throw new Error(`this machine lacks ${missing.join(', ')}`);
    world = await World.start({ binaries, seed });
    browser = await Browser.start({ executable, world, screenshots });
    world.pull('clean');
    world.pull('infected');
  });
  after(async () => {
    await browser?.end();
    await world?.end();
  });
  const around = { world: () => world, browser: () => browser };
  const only = process.env.ONLY;
  for (const [name, tests] of Object.entries({ look: lookTests, actions: actionTests, live: liveTests })) {
    if (!only || only === name) tests(around);
  }
}
