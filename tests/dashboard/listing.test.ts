// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf, valueOf } from '../web/pages/images/query';
import type { SearchKind } from '../web/pages/images/query';
import { canBeSettled, listed, rowsOf } from '../web/pages/rules/listing';
import { endsSoon, orderedFor, queryOf, termsOf, viewOf } from '../web/pages/waivers/states';
import type { Rule, Rules, Waiver } from '../web/base/types';

const hex = '0123456789abcdef'.repeat(4);
const searches: [what: string, text: string, chosen: SearchKind, kind: SearchKind, value: string][] = [
  ['a name', 'library/nginx', 'text', 'text', 'library/nginx'],
  ['a pasted digest', `sha256:${hex}`, 'text', 'digest', `sha256:${hex}`],
  ['a pasted hash', hex, 'path', 'file_hash', hex],
  ['a hash in capitals', hex.toUpperCase(), 'text', 'file_hash', hex],
  ['a hash with a prefix', `sha256:${hex}`, 'file_hash', 'file_hash', hex],
  ['a digest without one', hex, 'digest', 'digest', `sha256:${hex}`],
  ['a part of a digest', 'sha256:0123', 'text', 'text', 'sha256:0123'],
];
for (const [what, text, chosen, kind, value] of searches) {
  test(`${what} is searched by ${kind}`, () => {
    assert.equal(kindOf(text, chosen), kind);
    assert.equal(valueOf(text, kind), value);
  });
}

const rule = (name: string, more: Partial<Rule> = {}): Rule => ({
  ...{ name, file: `${name}.yar`, severity: 'low', severity_given: true, helper: false, techniques: [], tags: [] },
  ...{ description: '', author: '', license: '', reference: '', decisions: 0 },
  ...more,
});
const answer: Rules = {
  ...{ profile: 'p', total: 3, files: 3, truncated: false, set_aside: [], notes: [] },
  rules: [rule('b', { severity: 'high' }), rule('c', { decisions: 2 }), rule('a', { state: 'disabled', own_severity: 'low' })],
  cost: {
    ...{ measured: '', sample_files: 1, sample_bytes: 1, mb_per_second: 1, mb_per_second_without_rules: 2 },
    files: [{ file: 'a.yar', rules: 1, ms_per_mb: 5, share: 0.5, slow: true }],
  },
};
const orders: [state: string, order: string, names: string][] = [
  ['', '', 'cab'],
  ['', 'name', 'abc'],
  ['', 'severity', 'bac'],
  ['', 'cost', 'abc'],
  ['', 'toString', 'cab'],
  ['active', '', 'cb'],
  ['disabled', '', 'a'],
];
for (const [state, order, names] of orders) {
  test(`rules, state "${state}" by "${order}"`, () => {
    assert.equal(listed(rowsOf(answer), state, order).map((row) => row.rule.name).join(''), names);
  });
}

test('of an older server, rules are active and cannot be settled', () => {
  const old = rowsOf({ ...answer, rules: [rule('x')] })[0];
  assert.equal(old?.state, 'active');
  assert.equal(canBeSettled(rule('x')), false);
  assert.equal(canBeSettled(rule('x', { own_severity: 'low' })), true);
  assert.equal(canBeSettled(rule('x', { own_severity: 'low', helper: true })), false);
});

const now = new Date('2026-11-26T12:00:30Z');
test('waivers that end soon are asked for by time', () => {
  assert.deepEqual(queryOf('soon', now), { state: 'active', expires_before: '2026-11-29T12:00:00.000Z' });
  assert.deepEqual(queryOf('expired', now), { state: 'expired' });
  assert.equal(viewOf('nonsense'), 'active');
});

const ends: [state: Waiver['state'], expires: string, soon: boolean][] = [
  ['active', '2026-11-27T12:00:00Z', true],
  ['active', '2026-12-27T12:00:00Z', false],
  ['revoked', '2026-11-27T12:00:00Z', false],
];
for (const [state, expires, soon] of ends) {
  test(`${state} until ${expires} ends soon: ${soon}`, () => assert.equal(endsSoon({ state, expires } as Waiver, now), soon));
}

test('a waiver has two terms at least', () => {
  const none = { rule: '', repository: '', digest: '', file_hash: '' };
  assert.equal(termsOf({ ...none, rule: 'x', repository: ' ' }), undefined);
  assert.deepEqual(termsOf({ ...none, rule: ' x ', digest: 'sha256:1' }), { rule: 'x', digest: 'sha256:1' });
});

test('what ends first is first only where that is asked for', () => {
  const waivers = ['2026-11-28T00:00:00Z', '2026-11-27T00:00:00Z'].map((expires) => ({ expires }) as Waiver);
  assert.deepEqual(orderedFor('soon', waivers), [waivers[1], waivers[0]]);
  assert.deepEqual(orderedFor('active', waivers), waivers);
});
