// SPDX-License-Identifier: Apache-2.0
//
// What happens while somebody looks, and what the keyboard does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './processes.mjs';
import { busyPulls } from './world.mjs';

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

  test('a page says so while nobody answers, and then goes on by itself', async () => {
    const view = await browser().open('/rules', { ignored: /Failed to load resource|ERR_/ });
    await view.page.route('**/api/v1/**', (route) => route.abort());
    await view.page.getByRole('link', { name: 'Images', exact: true }).click();
    await view.page.getByText('Portcullis does not answer').first().waitFor();
    await view.picture('offline-light');
    await view.page.unroute('**/api/v1/**');
    await view.page.locator('.rows-item').first().waitFor();
    await view.page.getByText('Portcullis does not answer').waitFor({ state: 'detached' });
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

  test('ten thousand pulls are a page of few elements, and the keyboard stays where it is', async () => {
    const view = await browser().open(`/pulls?action=block&client=${world().seeded.busy}`);
    const { page } = view;
    const table = page.getByRole('table');
    const focusedRow = () => page.evaluate(() => document.activeElement?.closest('[data-row]')?.dataset.row);
    await page.locator('[data-row="0"] .row-link').focus();
    let most = 0;
    await until('the end of the list', async () => {
      await page.mouse.wheel(0, 30_000);
      const [elements, rows] = await page.evaluate(() => [document.querySelectorAll('*').length, document.querySelectorAll('.rows-item').length]);
      most = Math.max(most, elements);
      assert.ok(rows < 100, `${rows} rows are drawn`);
      return (await table.getAttribute('aria-rowcount')) !== '-1';
    });
    assert.equal(Number(await table.getAttribute('aria-rowcount')), busyPulls + 1);
    assert.ok(most < 2000, `the page had ${most} elements`);

    assert.equal(await focusedRow(), '0');
    await page.keyboard.press('End');
    await until('the last row', async () => (await focusedRow()) === String(busyPulls - 1));
    assert.ok(await page.locator(`[data-row="${busyPulls - 1}"]`).evaluate((row) => row.getBoundingClientRect().bottom <= innerHeight));
    await page.keyboard.press('PageUp');
    await until('a page up', async () => Number(await focusedRow()) < busyPulls - 10);
    await view.accessible('the end of a long list');
    await view.picture('pulls-end-light');
    await view.close();
  });

  test('who goes back finds a long list as it was left', async () => {
    const view = await browser().open(`/pulls?client=${world().seeded.busy}`);
    const { page } = view;
    const row = page.locator('[data-row="700"] .row-link');
    const before = 26_000;
    await until('the row', async () => {
      await page.evaluate((y) => scrollTo(0, y), before);
      return (await page.evaluate(() => scrollY)) === before && row.count();
    });
    await row.click();
    await until('a report', () => page.url().includes('/reports/'));
    await view.settled();
    assert.equal(await page.evaluate(() => scrollY), 0);
    await page.goBack();
    await until('the place', () => page.evaluate((y) => Math.abs(scrollY - y) < 2, before));
    await row.waitFor();
    // By a link it begins at its start.
    await page.getByRole('link', { name: 'Blocked pulls' }).click();
    await page.locator('[data-row="0"]').waitFor();
    assert.equal(await page.evaluate(() => scrollY), 0);
    await view.close();
  });

  test('a list that is read further down only counts what comes', async () => {
    const view = await browser().open('/pulls?action=block');
    await view.page.mouse.wheel(0, 2000);
    await view.page.locator('.live-live').waitFor();
    await until('a pull to be counted', async () => {
      world().pull('infected');
      return view.page.getByRole('button', { name: /new pull/ }).count();
    });
    await view.page.getByRole('button', { name: /new pull/ }).click();
    await until('the start of the list', () => view.page.evaluate(() => scrollY === 0));
    await view.page.locator('[data-row="0"]', { hasText: 'demo/shop' }).waitFor();
    await view.page.getByRole('button', { name: /new pull/ }).waitFor({ state: 'detached' });
    await view.close();
  });

  test('a session that ends leads to the login and back', async () => {
    const view = await browser().open('/waivers', { ignored: /Failed to load resource.*401/ });
    await view.context.clearCookies();
    await view.page.getByRole('link', { name: 'Images', exact: true }).click();
    await view.page.getByText('Your session has ended').waitFor();
    await view.picture('session-ended-light');
    await view.accessible('the end of a session');
    await view.page.getByLabel('Token').fill(world().seeded.operator);
    await view.button('Log in').click();
    await view.page.getByRole('heading', { name: 'Images' }).waitFor();
    await view.close();
  });
}
