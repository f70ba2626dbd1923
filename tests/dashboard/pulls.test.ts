// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf, rowOf, sourceOf } from '../web/pages/pulls/rows';
import type { PullFilters } from '../web/pages/pulls/rows';
import type { Event, Pull } from '../web/base/types';

const none: PullFilters = {
  ...{ from: '', until: '', action: '', host: '', repository: '', manifest: '' },
  ...{ client: '', user: '', rule: '', text: '', severity: '' },
};

test('without a severity it is the list of pulls', () => {
  const source = sourceOf({ ...none, action: 'block', rule: 'miner' });
  assert.equal(source.path, '/pulls');
  assert.equal(source.query['action'], 'block');
  assert.ok(!('severity' in source.query));
});

const actions: [action: string, events: string][] = [
  ['block', 'pull-blocked'],
  ['warn', 'pull-warned'],
  ['allow', 'pull-allowed'],
  ['', 'pull-blocked,pull-warned,pull-allowed'],
  ['toString', 'pull-blocked,pull-warned,pull-allowed'],
];
for (const [action, events] of actions) {
  test(`with a severity, "${action}" is ${events}`, () => {
    const source = sourceOf({ ...none, action, severity: 'high', user: 'olga' });
    assert.equal(source.path, '/events');
    assert.equal(source.query['action'], events);
    assert.equal(source.query['client'], 'olga');
    assert.ok(!('user' in source.query));
  });
}

const pull: Pull = {
  ...{ host: 'docker.io', repository: 'a', name: 'docker.io/a', reference: '1', manifest: 'm', action: 'warn' },
  ...{ check_only: true, client: 'c', user: 'u', agent: 'g', decision: 'd', first: '1', last: '2', requests: 3, summary: 's' },
};

test('a pull as a row', () => {
  const row = rowOf(pull);
  assert.equal(row.at, '2');
  assert.equal(row.action, 'warn');
  assert.equal(row.requests, 3);
  assert.equal(row.checkOnly, true);
});

test('further requests of the same minute are the same row', () => {
  assert.equal(keyOf(pull), keyOf({ ...pull, last: '9', requests: 7, action: 'block' }));
  assert.notEqual(keyOf(pull), keyOf({ ...pull, first: '9' }));
});

test('an event as a row', () => {
  const event = { sequence: 7, action: 'pull-blocked', at: '1', message: 'why', decision: 'd' } as Event;
  const row = rowOf(event);
  assert.equal(row.key, '7');
  assert.equal(row.action, 'block');
  assert.equal(row.summary, 'why');
});
