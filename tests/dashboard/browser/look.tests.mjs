// SPDX-License-Identifier: Apache-2.0
//
// Each page as it looks: in both themes, on a phone, to a screen reader, with and without a right to change something.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { themes } from './browser.mjs';

/** What changes something; none of it is shown to a viewer. */
const actions = /let it through|scan again|new waiver|revoke|disable|read rule files|measure|check now|close…/i;

export function lookTests({ world, browser }) {
  const pages = async () => {
    const { infected } = world().images;
    const report = await world().decisionOf(infected);
    const { hostile, squat, retro, blocked } = world().seeded;
    return [
      ['overview', '/?range=30d', 'Overview'],
      ['pulls', '/pulls', 'All pulls'],
      ['blocked-pulls', '/pulls?action=block&severity=high', 'Blocked pulls'],
      ['report', `/reports/${report}`, 'demo/shop'],
      ['report-seeded', `/reports/${blocked}`, 'redis'],
      ['report-squat', `/reports/${squat}`, 'bitnamii'],
      ['report-retro', `/reports/${retro}`, 'billing'],
      ['report-hostile', `/reports/${hostile}`, 'evil'],
      ['images', '/images', 'Images'],
      ['images-by-file', '/images?path=kworkerds', 'Images'],
      ['image', `/images/${infected}`, 'demo/shop'],
      ['rules', '/rules', 'Rules'],
      ['waivers', '/waivers?state=all', 'Waivers'],
      ['setup', '/setup?client=containerd', 'Clients and setup'],
      ['missing', '/nowhere', 'No such page'],
      ['no-report', '/reports/none', 'Report none'],
    ];
  };
  const ignored = /Failed to load resource.*404/;

  test('each page in both themes', async (t) => {
    for (const [name, path, title] of await pages()) {
      await t.test(name, async () => {
        const view = await browser().open(path, { ignored });
        assert.match(await view.page.locator('h1').innerText(), new RegExp(title));
        for (const theme of themes) {
          await view.theme(theme);
          await view.picture(`${name}-${theme}`);
          await view.accessible(`${name}, ${theme}`);
        }
        assert.equal(await view.page.locator('time:not([title*=" UTC"])').count(), 0, 'a time without UTC');
        await view.fits(name);
        await view.page.setViewportSize({ width: 2560, height: 1440 });
        await view.fits(`${name} at 2560 px`);
        await view.narrow();
        await view.fits(`${name} at 360 px`);
        await view.picture(`${name}-phone`);
        await view.close();
      });
    }
  });

  test('the login page in both themes', async () => {
    const view = await browser().open('/', { role: null, ignored: /Failed to load resource.*401/ });
    for (const theme of themes) {
      await view.theme(theme);
      await view.picture(`login-${theme}`);
      await view.accessible(`login, ${theme}`);
    }
    await view.page.getByLabel('Token').fill('pct_wrong');
    await view.button('Log in').click();
    await view.page.getByRole('alert').waitFor();
    await view.page.getByLabel('Token').fill(world().seeded.viewer);
    await view.button('Log in').click();
    await view.page.getByText('(viewer)').waitFor();
    await view.button('Log out').click();
    await view.button('Log in').waitFor();
    await view.close();
  });

  test('nothing jumps when data arrives', async () => {
    const view = await browser().open('/nowhere', { ignored });
    await view.page.addInitScript(() => {
      globalThis.jumped = [];
      new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries()) {
          // The end of the page is where the page ends.
          const moved = sources.filter(({ node }) => node?.nodeName !== 'FOOTER').map(({ node }) => `${node?.nodeName}.${node?.className}`);
          if (value > 0.001 && moved.length > 0) globalThis.jumped.push(`${value.toFixed(3)} ${moved}`);
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    // Each answer after the one before it, so that what came first would be moved.
    let turn = 0;
    await view.page.route(/\/api\/v1\/(?!events\/stream)/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 100 * ++turn));
      await route.continue();
    });
    for (const [name, path] of await pages()) {
      if (['missing', 'no-report', 'blocked-pulls', 'report-seeded', 'report-retro', 'report-hostile'].includes(name)) continue;
      turn = 0;
      await view.go(path);
      assert.deepEqual(await view.page.evaluate(() => globalThis.jumped), [], name);
    }
    await view.close();
  });

  test('each page says that the server fails', async () => {
    const view = await browser().open('/', { ignored: /Failed to load resource/ });
    const problem = JSON.stringify({ title: 'The records failed', detail: 'the disk is full', status: 500 });
    await view.page.route(/\/api\/v1\/(?!session|events\/stream)/, (route) =>
      route.fulfill({ status: 500, contentType: 'application/problem+json', body: problem }),
    );
    for (const [name, path] of await pages()) {
      if (name === 'missing') continue;
      await view.go(path);
      await view.page.getByText('the disk is full. The log of the server says more.').first().waitFor();
      await view.page.getByRole('button', { name: 'Try again' }).first().waitFor();
      await view.fits(name);
    }
    await view.go('/');
    await view.picture('failing-light');
    await view.accessible('a page that failed');
    await view.close();
  });

  test('a viewer sees everything and can change nothing', async () => {
    const view = await browser().open('/', { role: 'viewer', ignored });
    for (const [name, path] of await pages()) {
      await view.go(path);
      const offered = await view.page.locator('#main').getByRole('button', { name: actions }).allInnerTexts();
      assert.deepEqual(offered, [], name);
    }
    await view.go('/rules');
    await view.page.locator('.rows-item .row-link').first().click();
    await view.page.getByRole('dialog').getByText('State').waitFor();
    assert.equal(await view.page.getByRole('dialog').getByRole('button', { name: actions }).count(), 0);
    await view.close();
  });

  test('text of others stays text', async (t) => {
    const { hostile } = world().seeded;
    for (const path of [`/reports/${hostile}`, '/pulls', '/pulls?action=block&severity=high', '/images?text=evil', '/waivers']) {
      await t.test(path, async () => {
        const view = await browser().open(path);
        const { page } = view;
        // Whatever can be unfolded, so that all of it is there.
        for (let round = 0; round < 3; ++round) {
          await page.evaluate(() => {
            for (const button of document.querySelectorAll('#main [aria-expanded="false"]')) button.click();
          });
          await view.settled();
        }
        const found = await page.evaluate(() => ({
          text: document.body.innerText,
          foreign: document.querySelectorAll('#main script, #main img, #main iframe, #main svg[onload], #main b').length,
          links: [...document.querySelectorAll('a')].map((link) => link.protocol),
        }));
        assert.ok(found.text.includes('<img src=x'), 'the hostile name is not shown');
        assert.equal(found.foreign, 0, 'text became markup');
        assert.deepEqual([...new Set(found.links)].filter((protocol) => !/^https?:$/.test(protocol)), []);
        assert.doesNotMatch(found.text, /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
        await view.fits(path);
        await view.narrow();
        await view.fits(`${path} at 360 px`);
        await view.close();
      });
    }
  });
}
