// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Live, backOff } from '../web/base/live';
import type { LiveState } from '../web/base/live';
import type { Event } from '../web/base/types';

class FakeSource {
  readyState = 0;
  onopen = () => undefined as void;
  onmessage = (_: { lastEventId: string; data: string }) => undefined as void;
  onerror = () => undefined as void;
  constructor(readonly url: string) {}
  close() {
    this.readyState = 2;
  }
  /** The browser will come back by itself. */
  break() {
    this.readyState = 0;
    this.onerror();
  }
  /** An answer that is no stream: the browser gives up. */
  refuse() {
    this.readyState = 2;
    this.onerror();
  }
}

function made() {
  const sources: FakeSource[] = [];
  const waits: { milliseconds: number; then: () => void; cancelled: boolean }[] = [];
  const live = new Live({
    open: (url) => {
      const source = new FakeSource(url);
      sources.push(source);
      return source as unknown as EventSource;
    },
    wait: (milliseconds, then) => {
      const wait = { milliseconds, then, cancelled: false };
      waits.push(wait);
      return () => void (wait.cancelled = true);
    },
  });
  const states: LiveState[] = [];
  live.onState((state) => void states.push(state));
  return { live, sources, waits, states };
}

test('says when it is live, and hands events on', () => {
  const { live, sources, states } = made();
  const seen: Event[] = [];
  const stop = live.onEvent((event) => void seen.push(event));
  live.start();
  live.start();
  assert.equal(sources.length, 1);
  sources[0]!.onopen();
  sources[0]!.onmessage({ lastEventId: '7', data: '{"action":"pull-blocked"}' });
  sources[0]!.onmessage({ lastEventId: '8', data: 'no json' });
  stop();
  sources[0]!.onmessage({ lastEventId: '9', data: '{"action":"pull-blocked"}' });
  assert.deepEqual(states, ['connecting', 'live']);
  assert.equal(seen.length, 1);
});

test('a break is the business of the browser', () => {
  const { live, sources, waits, states } = made();
  live.start();
  sources[0]!.onopen();
  sources[0]!.break();
  assert.equal(sources.length, 1);
  assert.equal(waits.length, 0);
  sources[0]!.onopen();
  assert.deepEqual(states, ['connecting', 'live', 'waiting', 'live']);
});

test('after a refusal it comes back from where it was, and waits longer each time', () => {
  const { live, sources, waits } = made();
  live.start();
  sources[0]!.onopen();
  sources[0]!.onmessage({ lastEventId: '41', data: '{}' });
  sources[0]!.refuse();
  assert.equal(waits[0]!.milliseconds, 1000);
  waits[0]!.then();
  assert.match(sources[1]!.url, /after=41$/);
  sources[1]!.refuse();
  assert.equal(waits[1]!.milliseconds, 2000);
  waits[1]!.then();
  sources[2]!.onopen();
  sources[2]!.refuse();
  assert.equal(waits[2]!.milliseconds, 1000);
});

test('paused it holds no connection, and goes on where it was', () => {
  const { live, sources, waits } = made();
  live.start();
  sources[0]!.onmessage({ lastEventId: '5', data: '{}' });
  sources[0]!.refuse();
  live.pause();
  assert.ok(waits[0]!.cancelled);
  assert.equal(live.state, 'paused');
  live.start();
  assert.match(sources[1]!.url, /after=5$/);
  live.pause();
  assert.equal(sources[1]!.readyState, 2);
});

test('the longest wait', () => {
  assert.equal(backOff(1), 1000);
  assert.equal(backOff(100), 30_000);
});
