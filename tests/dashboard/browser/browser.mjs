// SPDX-License-Identifier: Apache-2.0
//
// Chromium, and pages that are watched: an error in the console, a breach of the content security policy, a request to
// another host or a dialog that a page's own script opened fails the test.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export const themes = ['light', 'dark'];
/** A page waits that long for what it should show, on a machine that does much else. */
const patience = 30_000;

export class Browser {
  static async start({ executable, world, screenshots }) {
    const browser = new Browser();
    mkdirSync(screenshots, { recursive: true });
    Object.assign(browser, { world, screenshots, cookies: {} });
    browser.chromium = await chromium.launch({
      executablePath: executable,
      args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage', '--disable-gpu'],
    });
    return browser;
  }

  end() {
    return this.chromium?.close();
  }

  /** Somebody who is logged in as `role`; nobody, with null. `ignored`: messages of the console that belong to the test. */
  async open(path, { role = 'operator', theme = 'light', width = 1280, height = 900, ignored } = {}) {
    const context = await this.chromium.newContext({
      ...{ colorScheme: theme, viewport: { width, height }, reducedMotion: 'reduce' },
      ...(role ? { storageState: await this.#login(role) } : {}),
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const view = new View(this, context, page, ignored);
    await view.go(path);
    return view;
  }

  /** Once for each role, by the link that an operator is given. */
  async #login(role) {
    this.cookies[role] ??= await (async () => {
      const context = await this.chromium.newContext();
      const page = await context.newPage();
      await page.goto(`${this.world.url}/#token=${this.world.seeded[role]}`);
      await page.locator('h1', { hasText: 'Overview' }).waitFor();
      assert.ok(!page.url().includes('token'), 'the token stays in the address');
      const state = await context.storageState();
      await context.close();
      return state;
    })();
    return this.cookies[role];
  }
}

class View {
  constructor(browser, context, page, ignored = /^$/) {
    Object.assign(this, { browser, context, page, ignored, wrong: [] });
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !ignored.test(message.text())) this.wrong.push(message.text());
    });
    page.on('pageerror', (error) => this.wrong.push(String(error)));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(browser.world.url) && !url.startsWith('data:')) this.wrong.push(`asks ${url}`);
    });
    page.on('dialog', (dialog) => {
      this.wrong.push(`opens a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  async go(path) {
    await this.page.goto(this.browser.world.url + path);
    await this.settled();
  }

  /** Nothing is on its way any more. */
  async settled() {
    await this.page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.skeleton, [aria-busy="true"]'));
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  said(text) {
    return this.page.locator('.toast-shown', { hasText: text }).waitFor();
  }

  async theme(name) {
    await this.page.emulateMedia({ colorScheme: name });
  }

  picture(name) {
    return this.page.screenshot({ path: join(this.browser.screenshots, `${name}.png`) });
  }

  /** What is open now keeps nobody out. */
  async accessible(what) {
    await this.page.evaluate(`globalThis.axe || (() => { ${axe} })()`);
    const seen = await this.page.evaluate(async (runOnly) => {
      const { violations } = await globalThis.axe.run(document, { runOnly, resultTypes: ['violations'] });
      return violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 4).map((node) => `${node.target}: ${node.failureSummary}`)].join('\n  '));
    }, { type: 'tag', values: tags });
    assert.deepEqual(seen, [], what);
  }

  /** As on a phone. */
  narrow() {
    return this.page.setViewportSize({ width: 360, height: 740 });
  }

  async fits(what) {
    const wide = await this.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth <= clientWidth) return [];
      const outside = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > clientWidth + 1);
      return [`${scrollWidth} > ${clientWidth}`, ...outside.slice(0, 5).map((one) => `${one.tagName}.${one.className}`)];
    });
    assert.deepEqual(wide, [], `${what} is wider than its window`);
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.wrong, [], 'the browser complained');
  }
}
