// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiresOf, nextFriday } from '../web/base/expiry';
import { concernsOf } from '../web/pages/overview/concerns';
import { codeOf, filled, seriesOf } from '../web/pages/overview/series';
import type { Bucket, Overview, Status } from '../web/base/types';

const bucket = (start: string, blocked = 0, warned = 0, allowed = 0): Bucket => ({ start, blocked, warned, allowed });

test('warned stands on blocked', () => {
  const series = seriesOf([bucket('2026-11-26T10:00:00Z', 2, 3, 100)]);
  assert.deepEqual(series.blocked, [2]);
  assert.deepEqual(series.warnedOnBlocked, [5]);
  assert.deepEqual(series.allowed, [100]);
  assert.equal(series.times[0], Date.UTC(2026, 10, 26, 10) / 1000);
});

function overview(buckets: Bucket[], from: string, until: string): Overview {
  return { buckets, from, until, width_hours: 1 } as unknown as Overview;
}

test('hours without pulls are there too', () => {
  const given = [bucket('2026-11-26T10:00:00.000Z', 1), bucket('2026-11-26T13:00:00.000Z', 1)];
  const all = filled(overview(given, '2026-11-26T10:20:00Z', '2026-11-26T13:20:00Z'));
  assert.deepEqual(
    all.map((one) => one.start.slice(11, 13)),
    ['10', '11', '12', '13'],
  );
  assert.equal(all[0]?.blocked, 1);
});

test('a time without any pull has empty hours', () => {
  const all = filled(overview([], '2026-11-26T10:00:00Z', '2026-11-26T13:00:00Z'));
  assert.equal(all.length, 3);
});

const codes: [name: string, kind: string, rest: string][] = [
  ['rule:miner', 'rule', 'miner'],
  ['cooldown', '', 'cooldown'],
  ['rule:a:b', 'rule', 'a:b'],
];
for (const [name, kind, rest] of codes) test(`code ${name}`, () => assert.deepEqual(codeOf(name), { kind, rest }));

const status = (changes: object): Status =>
  ({
    mode: 'enforce',
    scanner: { ready: true, set_aside: [] },
    upstreams: [{ name: 'docker.io', well: true }],
    ...changes,
  }) as unknown as Status;

const concerns: [name: string, changes: object, count: number][] = [
  ['nothing', {}, 0],
  ['audit', { mode: 'audit' }, 1],
  ['no scanner', { scanner: { ready: false, set_aside: [] } }, 1],
  ['set aside', { scanner: { ready: true, set_aside: [{}, {}] } }, 1],
  ['upstreams', { upstreams: [{ name: 'a', well: false }, { name: 'b', well: false }] }, 2],
];
for (const [name, changes, count] of concerns) {
  test(`concerns: ${name}`, () => assert.equal(concernsOf(status(changes), undefined).length, count));
}

test('what the server says of its protection counts', () => {
  const said = { protection: { well: false, concerns: ['the disk is full'] } } as Overview;
  assert.deepEqual(concernsOf(status({ mode: 'audit' }), said), ['the disk is full']);
});

const fridays: [now: Date, expected: Date][] = [
  [new Date(2026, 10, 26, 12), new Date(2026, 10, 27, 18)],
  [new Date(2026, 10, 27, 12), new Date(2026, 10, 27, 18)],
  [new Date(2026, 10, 27, 18), new Date(2026, 11, 4, 18)],
  [new Date(2026, 10, 28, 0), new Date(2026, 11, 4, 18)],
];
for (const [now, expected] of fridays) {
  test(`the Friday after ${now.toDateString()} ${now.getHours()}:00`, () => assert.deepEqual(nextFriday(now), expected));
}

test('how long a waiver holds', () => {
  const now = new Date(2026, 10, 26, 12);
  assert.equal(expiresOf('7d', '', now), '7d');
  assert.equal(expiresOf('custom', '', now), '');
  assert.equal(expiresOf('custom', 'nonsense', now), '');
  assert.equal(expiresOf('custom', '2026-12-01T10:00', now), new Date(2026, 11, 1, 10).toISOString());
  assert.equal(expiresOf('friday', '', now), new Date(2026, 10, 27, 18).toISOString());
});
