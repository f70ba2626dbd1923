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
          await view.accessible(`${name}, ${theme}`, theme);
        }
        await view.fits(name);
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
      await view.accessible(`login, ${theme}`, theme);
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
