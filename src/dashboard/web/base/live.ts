// SPDX-License-Identifier: Apache-2.0
//
// Events as they happen: one stream for all of the page. It comes back by itself after a restart of the server
// and goes on where it was. While nobody looks it is closed, because a browser has six connections for a host.
import { useEffect, useRef, useState } from 'preact/hooks';
import { address, prefix } from './api';
import type { Event } from './types';

export type LiveState = 'connecting' | 'live' | 'waiting' | 'paused';

/** What of the browser is needed; tests bring their own. */
export interface Surroundings {
  open(url: string): EventSource;
  wait(milliseconds: number, then: () => void): () => void;
}

const longestWait = 30_000;
const hiddenFor = 30_000;
const ended = 2; // EventSource.CLOSED

/** Milliseconds before try `failures`, counted from one. */
export function backOff(failures: number): number {
  return Math.min(longestWait, 1000 * 2 ** Math.min(failures - 1, 10));
}

export class Live {
  #source: EventSource | undefined;
  #last = '';
  #failures = 0;
  #stopWaiting: () => void = () => undefined;
  #state: LiveState = 'paused';
  readonly #onEvent = new Set<(event: Event) => void>();
  readonly #onState = new Set<(state: LiveState) => void>();

  constructor(private readonly around: Surroundings) {}

  get state(): LiveState {
    return this.#state;
  }

  onEvent(listener: (event: Event) => void): () => void {
    this.#onEvent.add(listener);
    return () => void this.#onEvent.delete(listener);
  }
  onState(listener: (state: LiveState) => void): () => void {
    this.#onState.add(listener);
    return () => void this.#onState.delete(listener);
  }

  start(): void {
    if (this.#state === 'paused') this.#connect();
  }

  pause(): void {
    this.#stopWaiting();
    this.#source?.close();
    this.#source = undefined;
    this.#set('paused');
  }

  #connect(): void {
    this.#set(this.#failures === 0 ? 'connecting' : 'waiting');
    const source = this.around.open(address(`${prefix}/events/stream`, { after: this.#last }));
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.#set('live');
    };
    source.onmessage = (message) => this.#take(message);
    source.onerror = () => {
      // The browser itself comes back after a break, but gives up on any answer that is no stream.
      if (source.readyState !== ended) return this.#set('waiting');
      source.close();
      this.#failures += 1;
      this.#set('waiting');
      this.#stopWaiting = this.around.wait(backOff(this.#failures), () => this.#connect());
    };
  }

  #take(message: MessageEvent): void {
    if (message.lastEventId !== '') this.#last = message.lastEventId;
    let event: Event;
    try {
      event = JSON.parse(String(message.data)) as Event;
    } catch {
      return;
    }
    for (const listener of [...this.#onEvent]) listener(event);
  }

  #set(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of [...this.#onState]) listener(state);
  }
}

export const live = new Live({
  open: (url) => new EventSource(url),
  wait: (milliseconds, then) => {
    const timer = setTimeout(then, milliseconds);
    return () => clearTimeout(timer);
  },
});

/** While it is mounted the stream is open. Once, in the shell. */
export function useStream(): void {
  useEffect(() => {
    let timer = 0;
    const look = () => {
      clearTimeout(timer);
      if (document.hidden) timer = window.setTimeout(() => live.pause(), hiddenFor);
      else live.start();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      clearTimeout(timer);
      live.pause();
    };
  }, []);
}

export function useLiveState(): LiveState {
  const [state, setState] = useState(live.state);
  useEffect(() => {
    setState(live.state);
    return live.onState(setState);
  }, []);
  return state;
}

/** Calls the newest `listener` with every event of `actions` (all when empty). */
export function useEvents(listener: (event: Event) => void, actions: readonly string[] = []): void {
  const newest = useRef(listener);
  newest.current = listener;
  const wanted = actions.join();
  useEffect(
    () => live.onEvent((event) => (wanted === '' || wanted.split(',').includes(event.action)) && newest.current(event)),
    [wanted],
  );
}
