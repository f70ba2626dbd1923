// SPDX-License-Identifier: Apache-2.0
//
// Everything that is used runs with the node of Debian 12, which is the oldest that the dashboard is built and tested with.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const debian = 18;
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { engines?: { node?: string } }>;
};

test('no package wants a newer node', () => {
  const newer = Object.entries(packages).filter(([, { engines }]) => {
    const [, major] = /^>=\s*(\d+)/.exec(engines?.node ?? '>=0') ?? [];
    return major === undefined || Number(major) > debian;
  });
  assert.deepEqual(newer.map(([name, { engines }]) => `${name}: ${engines?.node}`), []);
});
