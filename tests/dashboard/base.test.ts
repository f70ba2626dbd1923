// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, kindOf, problemOf } from '../web/base/api';
import { merged, unknown } from '../web/base/pages';
import { withChanges } from '../web/base/router';
import { tokenOf } from '../web/base/session';
import { brief, full, rangeName, relative, span, toInput, utc } from '../web/base/time';
import { match } from '../web/routes';

test('address leaves out what is empty and escapes the rest', () => {
  assert.equal(address('/pulls', { action: 'block', text: '', user: undefined, limit: 100 }), '/pulls?action=block&limit=100');
  assert.equal(address('/pulls', { text: 'a b+c&d/é' }), '/pulls?text=a%20b%2Bc%26d%2F%C3%A9');
  assert.equal(address('/pulls'), '/pulls');
});

const kinds: [status: number, kind: string][] = [
  [400, 'request'],
  [401, 'login'],
  [403, 'role'],
  [404, 'missing'],
  [409, 'request'],
  [421, 'request'],
  [429, 'request'],
  [500, 'server'],
  [503, 'server'],
];
for (const [status, kind] of kinds) test(`a ${status} is ${kind}`, () => assert.equal(kindOf(status), kind));

test('a problem says what the server says', () => {
  const problem = problemOf(400, { title: 'The request is wrong', detail: 'width: expected 2' });
  assert.equal(problem.title, 'The request is wrong');
  assert.equal(problem.detail, 'width: expected 2');
  assert.equal(problem.status, 400);
});

for (const body of [undefined, null, 'x', 7, [], { title: 7 }]) {
  test(`an answer of another kind is a problem too: ${JSON.stringify(body)}`, () => {
    const problem = problemOf(502, body);
    assert.equal(problem.title, 'Answer 502');
    assert.notEqual(problem.detail, '');
  });
}

const hashes: [hash: string, token: string | undefined][] = [
  ['#token=pct_abc', 'pct_abc'],
  ['#a=b&token=pct_abc', 'pct_abc'],
  ['#token=', undefined],
  ['#main', undefined],
  ['', undefined],
];
for (const [hash, token] of hashes) test(`token of "${hash}"`, () => assert.equal(tokenOf(hash), token));

test('filters change one by one', () => {
  assert.equal(withChanges('?action=block&text=x', { text: 'y z' }), '?action=block&text=y+z');
  assert.equal(withChanges('?action=block', { action: '' }), '');
  assert.equal(withChanges('', { action: 'warn', rule: undefined }), '?action=warn');
});

const pages: [path: string, page: string | undefined, parameters: Record<string, string>][] = [
  ['/', '/', {}],
  ['/reports/7f3k2', '/reports/:id', { id: '7f3k2' }],
  ['/images/sha256%3Aab', '/images/:digest', { digest: 'sha256:ab' }],
  ['/images/%', '/images/:digest', { digest: '%' }],
  ['/reports/', undefined, {}],
  ['/pulls/', undefined, {}],
  ['/nothing', undefined, {}],
];
for (const [path, page, parameters] of pages) {
  test(`page of ${path}`, () => {
    const found = match(path);
    assert.equal(found?.path, page);
    assert.deepEqual(found?.parameters ?? {}, parameters);
  });
}

test('times', () => {
  const at = new Date(2026, 10, 26, 9, 5, 7);
  assert.equal(full(at), '2026-11-26 09:05:07');
  assert.equal(brief(at, new Date(2026, 10, 26, 23)), '09:05:07');
  assert.equal(brief(at, new Date(2026, 10, 27, 0)), '2026-11-26 09:05');
  assert.equal(toInput(at), '2026-11-26T09:05');
  assert.equal(toInput(new Date('nonsense')), '');
  assert.equal(utc(new Date('2026-11-26T14:04:05.678Z')), '2026-11-26 14:04:05 UTC');
});

const spans: [milliseconds: number, expected: string][] = [
  [0, '0 s'],
  [59_000, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [47 * 3_600_000, '47 h'],
  [72 * 3_600_000, '3 d'],
  [-120_000, '2 min'],
];
for (const [milliseconds, expected] of spans) test(`span ${milliseconds}`, () => assert.equal(span(milliseconds), expected));

test('relative', () => {
  const now = new Date('2026-11-26T12:00:00Z');
  assert.equal(relative(new Date('2026-11-26T11:57:00Z'), now), '3 min ago');
  assert.equal(relative(new Date('2026-11-28T12:00:00Z'), now), 'in 2 d');
  assert.equal(relative(new Date('2026-11-26T12:00:02Z'), now), 'now');
});

test('a range that nobody knows is the usual one', () => {
  assert.equal(rangeName('7d', '24h'), '7d');
  assert.equal(rangeName('toString', '24h'), '24h');
  assert.equal(rangeName('', '24h'), '24h');
});

const lists: [name: string, old: string[], fresh: string[], expected: string[]][] = [
  ['nothing new', ['b', 'a'], ['b', 'a'], ['b', 'a']],
  ['new in front', ['b', 'a'], ['c', 'b'], ['c', 'b', 'a']],
  ['first ones', [], ['a'], ['a']],
  ['nothing in common', ['b', 'a'], ['y', 'x'], ['y', 'x']],
  ['a row that moved up', ['c', 'b', 'a'], ['a', 'c'], ['a', 'c', 'b']],
];
for (const [name, old, fresh, expected] of lists) {
  test(`merged: ${name}`, () => assert.deepEqual(merged(old, fresh, (item) => item), expected));
}

const counts: [name: string, old: string[], fresh: string[], expected: number][] = [
  ['nothing new', ['b', 'a'], ['b', 'a'], 0],
  ['in front', ['b', 'a'], ['d', 'c', 'b'], 2],
  ['in between', ['c', 'a'], ['c', 'b', 'a'], 1],
  ['a gap', ['a'], ['d', 'c'], 2],
  ['no list yet', [], ['a'], 1],
];
for (const [name, old, fresh, expected] of counts) {
  test(`unknown: ${name}`, () => assert.equal(unknown(old, fresh, (item) => item), expected));
}
