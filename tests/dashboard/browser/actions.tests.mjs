// SPDX-License-Identifier: Apache-2.0
//
// What an operator does, and what becomes of it: for the waivers, up to the pull of a real client.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { until } from './processes.mjs';

export function actionTests({ world, browser }) {
  test('three clicks from the overview to a waiver until Friday, and back', async () => {
    const { infected } = world().images;
    assert.equal(world().pull('infected'), false);
    const view = await browser().open('/');
    const { page } = view;
    // What was blocked?
    await page.getByRole('link', { name: 'Blocked pulls' }).click();
    // Why, who asked for it, was anyone served it before?
    await page.getByRole('link', { name: /demo\/shop:infected/ }).first().click();
    await page.getByText('The client was told').waitFor();
    await page.getByText('eicar_test_file').first().waitFor();
    await page.locator('.puller', { hasText: 'skopeo' }).first().waitFor();
    await page.getByText('Nobody was served it through this gate.').waitFor();
    // How is it let through?
    await view.button('Let it through…').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Holds').selectOption('friday');
    await dialog.getByText('1 blocked image would pass').waitFor();
    assert.ok(await dialog.getByRole('button', { name: 'Sign the waiver' }).isDisabled(), 'signed without a reason');
    await dialog.getByLabel('Why').fill('the browser test <b>asks</b> for it');
    await view.picture('dialog-waiver-light');
    await view.accessible('dialog of a waiver');
    await dialog.getByRole('button', { name: 'Sign the waiver' }).click();
    await view.said('signed');
    await until('the image to be served', () => world().pull('infected'));

    await page.getByRole('link', { name: 'Waivers', exact: true }).click();
    const own = page.locator('.waiver-item', { hasText: 'the browser test <b>asks</b> for it' });
    const count = await until('the waiver', () => own.count());
    for (let left = count; left > 0; --left) {
      await own.first().getByRole('button', { name: 'Revoke…' }).click();
      await page.getByRole('dialog').getByLabel('Why').fill('the test is over');
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await view.said('The waiver is revoked');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await until('the list without it', async () => (await own.count()) === left - 1);
    }
    await until('the image to be blocked again', () => !world().pull('infected'));
    await page.getByText('Revoked', { exact: true }).click();
    await own.first().getByText('the test is over').waitFor();
    const { images } = await world().api(`/images?digest=${infected}`);
    assert.equal(images[0].action, 'block');
    await view.close();
  });

  test('a waiver by hand', async () => {
    const view = await browser().open('/waivers');
    await view.button('New waiver…').click();
    const dialog = view.page.getByRole('dialog');
    await dialog.getByText('Say first what it is for.').waitFor();
    await dialog.getByLabel('Rule').fill('eicar_test_file');
    await dialog.getByLabel('Manifest').fill(world().images.infected);
    await dialog.getByText('1 blocked image would pass').waitFor();
    await view.picture('dialog-new-waiver-light');
    await view.accessible('dialog of a new waiver');
    await dialog.getByLabel('Why').fill('by hand');
    await dialog.getByRole('button', { name: 'Sign the waiver' }).click();
    await view.said('1 waiver signed');
    await view.page.locator('.waiver-item', { hasText: 'by hand' }).waitFor();
    await view.close();
    const { waivers } = await world().api('/waivers?state=active');
    const own = waivers.find((waiver) => waiver.reason === 'by hand');
    assert.equal(own.author, 'olga');
    await revoke(world(), own.id);
  });

  test('a scan again', async () => {
    const view = await browser().open(`/reports/${await world().decisionOf(world().images.clean)}`);
    await view.button('Scan again').click();
    await view.said(/scanned/);
    await view.close();
  });

  test('the test image is blocked', async () => {
    const view = await browser().open('/setup');
    await view.button('Check now').click();
    await view.page.getByText('The test image was blocked, as it must be').waitFor();
    for (const theme of ['light', 'dark']) {
      await view.theme(theme);
      await view.picture(`setup-checked-${theme}`);
    }
    await view.accessible('result of the canary');
    await view.close();
  });

  test('client configurations can be copied', async (t) => {
    for (const [client, name] of [['docker', 'Docker'], ['containerd', 'containerd'], ['podman', 'Podman'], ['kubernetes', 'Kubernetes'], ['buildkit', 'BuildKit']]) {
      await t.test(client, async () => {
        const view = await browser().open('/setup');
        await view.page.getByLabel('Where clients find Portcullis').fill('https://gate.example.test');
        await view.page.locator('.choice-item', { hasText: name }).click();
        const { files } = await world().api(`/client-config?client=${client}&url=https%3A%2F%2Fgate.example.test`);
        await view.page.getByRole('heading', { name: files[0].path, exact: true }).waitFor();
        await view.page.locator('.code-block', { hasText: 'gate.example.test' }).first().waitFor();
        await view.button(`Copy ${files[0].path}`).first().click();
        await view.button('Copied').waitFor();
        assert.equal(await view.page.evaluate(() => navigator.clipboard.readText()), files[0].content);
        await view.close();
      });
    }
  });

  test('a rule file that was set aside is mended and read again', async () => {
    const view = await browser().open('/rules');
    await view.page.getByText('1 rule file set aside').waitFor();
    await view.page.getByText(/no_such_thing/).waitFor();
    await view.button('Read rule files again').click();
    await view.said('Nothing has changed');
    world().writeRule('rule mended { meta: description = "<b>mended</b>" condition: false }');
    await view.button('Read rule files again').click();
    await view.said('in use now');
    await view.page.getByText('1 rule file set aside').waitFor({ state: 'detached' });
    await view.page.getByLabel('Search rules').fill('mended');
    await view.page.locator('.rows-item', { hasText: 'mended' }).locator('.row-link').click();
    await view.page.getByRole('dialog').getByText('<b>mended</b>').waitFor();
    await view.picture('dialog-rule-light');
    await view.accessible('dialog of a rule');
    await view.close();
  });

  test('a rule is disabled and restored', async (t) => {
    const { rules } = await world().api('/rules?text=eicar_test_file');
    if (rules[0].own_severity === undefined) return t.skip('this server does not settle rules');
    const view = await browser().open('/rules?text=eicar_test_file');
    const dialog = view.page.getByRole('dialog');
    const step = async (open, confirm, said) => {
      await view.page.locator('.rows-item .row-link').first().click();
      await dialog.getByRole('button', { name: open }).click();
      await dialog.getByLabel('Why').fill('the browser test');
      await view.accessible(open);
      await dialog.getByRole('button', { name: confirm, exact: true }).click();
      await view.said(said);
      await dialog.waitFor({ state: 'detached' });
    };
    await step('Disable…', 'Disable', 'disabled');
    await view.page.locator('.rows-item', { hasText: 'disabled' }).waitFor();
    await step('Restore…', 'Restore', 'as its file says');
    await view.page.locator('.rows-item', { hasText: 'active' }).waitFor();
    await step('Change severity…', 'Change', 'now');
    await step('Restore…', 'Restore', 'as its file says');
    await view.close();
  });

  test('an alert is closed', async (t) => {
    const { retro_alerts: alerts } = await world().api('/overview');
    if (alerts[0]?.state === undefined) return t.skip('this server does not close alerts');
    const view = await browser().open('/');
    await view.button('Close…').first().click();
    await view.page.getByRole('dialog').getByLabel('What was done').fill('everybody was told');
    await view.accessible('dialog of an alert');
    await view.page.getByRole('dialog').getByRole('button', { name: 'Close the alert' }).click();
    await view.said('The alert is closed');
    await view.close();
  });

  const searches = [
    ['a digest', (images) => images.infected],
    ['the hash of a file', (images) => images.script],
    ['a path', () => 'usr/bin/hello', 'path'],
    ['a name', () => 'demo/shop', 'text'],
  ];
  test('images are found by', async (t) => {
    for (const [name, textOf, kind] of searches) {
      await t.test(name, async () => {
        const view = await browser().open('/images');
        if (kind) await view.page.getByLabel('Search by').selectOption(kind);
        await view.page.getByRole('searchbox').fill(textOf(world().images));
        await until('the search in the address', () => view.page.url().includes('?'));
        await view.page.locator('.rows-item', { hasText: 'demo/shop' }).first().waitFor();
        await until('only these', async () => (await view.page.locator('.rows-item', { hasNotText: 'demo/shop' }).count()) === 0);
        await view.page.locator('.rows-item .row-link').first().click();
        await view.page.getByRole('heading', { name: 'Layers' }).waitFor();
        await view.page.getByRole('button', { name: /other images? ha/ }).first().waitFor();
        await view.close();
      });
    }
  });

  test('pulls are exported', async () => {
    const view = await browser().open('/pulls?action=block');
    for (const format of ['CSV', 'JSON lines']) {
      const [download] = await Promise.all([view.page.waitForEvent('download'), view.page.getByRole('link', { name: format }).click()]);
      assert.match(readFileSync(await download.path(), 'utf8'), /demo\/shop/);
    }
    await view.close();
  });
}

async function revoke(world, id) {
  const response = await fetch(`${world.url}/api/v1/waivers/${id}/revoke`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${world.seeded.operator}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ reason: 'the test is over' }),
  });
  assert.ok(response.ok);
}
