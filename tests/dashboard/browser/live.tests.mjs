// SPDX-License-Identifier: Apache-2.0
//
// What happens while somebody looks, and what the keyboard does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './processes.mjs';

export function liveTests({ world, browser }) {
  test('a pull appears by itself, also after a restart of the server', async () => {
    // The browser reports connections that break off; that is what this is about.
    const view = await browser().open('/pulls?action=block&text=demo', { ignored: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/ });
    const state = (name) => view.page.locator(`.live-${name}`).waitFor();
    const newest = () => view.page.locator('.rows-item .cell-time time').first().getAttribute('datetime');
    const appears = async () => {
      const before = await newest();
      await until('a newer pull', async () => {
        world().pull('infected');
        return (await newest()) !== before;
      });
    };
    await state('live');
    await view.page.evaluate(() => (globalThis.untouched = true));
    await appears();
    await world().stopServer();
    await state('waiting');
    await world().startServer();
    await state('live');
    await appears();
    assert.ok(await view.page.evaluate(() => globalThis.untouched), 'the page was loaded again');
    await view.close();
  });

  test('a page says so while nobody answers', async () => {
    const view = await browser().open('/rules', { ignored: /Failed to load resource|ERR_/ });
    await view.page.route('**/api/v1/**', (route) => route.abort());
    await view.page.getByRole('link', { name: 'Images', exact: true }).click();
    await view.page.getByText('Portcullis does not answer').first().waitFor();
    await view.picture('offline-light');
    await view.page.unroute('**/api/v1/**');
    await view.button('Try again').click();
    await view.page.locator('.rows-item').first().waitFor();
    await view.close();
  });

  test('the keyboard alone', async () => {
    const view = await browser().open('/pulls');
    const { page } = view;
    const focused = (what) => page.waitForFunction((selector) => document.activeElement?.matches(selector), what);
    await page.keyboard.press('Tab');
    await focused('.skip');
    await page.keyboard.press('Enter');
    await focused('#main');
    await page.keyboard.press('/');
    await focused('input[type=search]');
    await page.keyboard.type('demo/shop');
    await until('the search in the address', () => page.url().includes('text=demo'));
    await page.keyboard.press('Escape');
    await until('the search to be gone', () => !page.url().includes('text='));
    await page.locator('.rows-item').nth(5).waitFor();
    await page.locator('[data-row="0"] .row-link').focus();
    await page.keyboard.press('ArrowDown');
    await focused('[data-row="1"] .row-link');
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    await focused('[data-row="0"] .row-link');
    await page.keyboard.press('Enter');
    await until('a report', () => page.url().includes('/reports/'));
    await view.settled();
    await page.goBack();
    await page.locator('.rows-item').first().waitFor();

    await view.go('/waivers');
    await view.button('New waiver…').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'New waiver…');
    await view.close();
  });

  test('a month of pulls scrolls without drawing all of it', async () => {
    const view = await browser().open('/pulls');
    const { page } = view;
    const rows = () => page.locator('[role=table]').getAttribute('aria-rowcount');
    await until('the end of the list', async () => {
      await page.mouse.wheel(0, 20_000);
      return (await rows()) !== '-1';
    });
    assert.ok(Number(await rows()) > 300);
    assert.ok((await page.locator('.rows-item').count()) < 100);
    await view.close();
  });
}
