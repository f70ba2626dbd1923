// SPDX-License-Identifier: Apache-2.0
//
// The types of the dashboard name nothing that the API does not send.
import assert from 'node:assert/strict';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const tests = realpathSync('tests');
const types = readFileSync(realpathSync('web/base/types.ts'), 'utf8');
const { schemas } = JSON.parse(readFileSync(join(tests, '../../src/api/openapi.json'), 'utf8')).components as {
  schemas: Record<string, { properties?: Record<string, unknown> }>;
};

/** Members of the interfaces by name, those that may be missing left out. */
function interfaces(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, name, body] of types.matchAll(/^export interface (\w+) \{\n(.*?)^\}/gms)) {
    found.set(name!, [...body!.matchAll(/^ {2}(\w+):/gm)].map(([, member]) => member!));
  }
  return found;
}

const known = [...interfaces()].filter(([name]) => schemas[name]?.properties);

test('the reader of types works', () => assert.ok(known.length > 15, `${known.length} interfaces are in the API`));

for (const [name, members] of known) {
  test(`members of ${name}`, () => {
    const sent = Object.keys(schemas[name]?.properties ?? {});
    assert.deepEqual(
      members.filter((member) => !sent.includes(member)),
      [],
    );
  });
}
