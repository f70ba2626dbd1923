// SPDX-License-Identifier: Apache-2.0
//
// The address bar as state. Links are plain <a href="/...">; filters are the query, so that every view can be
// sent to a colleague. Who goes back finds a page where it was left, also a long list (see pages.ts).
import { useEffect, useState } from 'preact/hooks';

export interface Place {
  path: string;
  search: string;
}

const listeners = new Set<() => void>();
const here = (): Place => ({ path: location.pathname, search: location.search });

let isBack = false;
/** The page that is shown was there before: it was come to by the browser's own buttons. */
export const cameBack = () => isBack;

function tell(): void {
  for (const listener of [...listeners]) listener();
}

export type HistoryEntry = 'new' | 'same';

export function navigate(address: string, entry: HistoryEntry = 'new'): void {
  const target = new URL(address, location.href);
  const before = location.pathname;
  if (target.href === location.href) entry = 'same';
  isBack = false;
  if (entry === 'new') {
    keepScroll();
    history.pushState(null, '', target);
  } else {
    history.replaceState(history.state, '', target);
  }
  tell();
  if (target.pathname !== before) scrollTo(0, 0);
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const look = () => setPlace(here());
    listeners.add(look);
    look();
    return () => void listeners.delete(look);
  }, []);
  return place;
}

/** `search` with `changes`; what is empty goes. */
export function withChanges(search: string, changes: Record<string, string | undefined>): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

export interface Filters {
  get(name: string): string;
  set(changes: Record<string, string | undefined>, entry?: HistoryEntry): void;
}

export function useFilters(): Filters {
  const { search } = usePlace();
  const query = new URLSearchParams(search);
  return {
    get: (name) => query.get(name) ?? '',
    set: (changes, entry = 'new') => navigate(location.pathname + withChanges(location.search, changes), entry),
  };
}

const restPause = 200;
let resting = 0;

function keepScroll(): void {
  clearTimeout(resting);
  history.replaceState({ y: scrollY }, '');
}

/** A page grows while its data arrives; whoever touches it meanwhile ends this. */
const restoreFor = 2000;
const touches = ['wheel', 'keydown', 'pointerdown', 'touchstart'];

function restoreScroll(y: number): void {
  const end = performance.now() + restoreFor;
  const touched = new AbortController();
  for (const touch of touches) addEventListener(touch, () => touched.abort(), { signal: touched.signal, passive: true });
  const step = () => {
    if (touched.signal.aborted) return;
    scrollTo(0, y);
    if (Math.abs(scrollY - y) > 1 && performance.now() < end) requestAnimationFrame(step);
    else touched.abort();
  };
  requestAnimationFrame(step);
}

function watchHistory(): void {
  history.scrollRestoration = 'manual';
  addEventListener('scroll', () => {
    clearTimeout(resting);
    resting = window.setTimeout(keepScroll, restPause);
  }, { passive: true });
  addEventListener('popstate', (event) => {
    clearTimeout(resting);
    isBack = true;
    tell();
    restoreScroll(Number((event.state as { y?: number } | null)?.y ?? 0));
  });
}

/** Which link a click follows within the dashboard; undefined leaves it to the browser. */
function ownLink(event: MouseEvent): HTMLAnchorElement | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = (event.target as Element | null)?.closest?.('a');
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return undefined;
  if (link.pathname.startsWith('/api/') || link.pathname.startsWith('/assets/')) return undefined;
  if (link.hash !== '' && link.pathname === location.pathname) return undefined;
  return link;
}

/** Once, at the start. */
export function watchLinks(): void {
  watchHistory();
  document.addEventListener('click', (event) => {
    const link = ownLink(event);
    if (!link) return;
    event.preventDefault();
    navigate(link.href);
  });
}
