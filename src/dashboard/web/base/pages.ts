// SPDX-License-Identifier: Apache-2.0
//
// A long list that comes page by page (`next` is passed as `cursor`), newest first. Who comes back to it finds it as it
// was left.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { address, asProblem, get, retryAfter } from './api';
import type { Problem, Query } from './api';
import { cameBack } from './router';

export interface Pages<T> {
  items: readonly T[];
  /** There are older ones than those in `items`, and they can be had. */
  more: boolean;
  /** There are older ones, and more than anybody reads: filters or the export lead there. */
  full: boolean;
  loading: boolean;
  problem: Problem | undefined;
  /** Whose filters these items fit: false while those of other filters are on their way. */
  current: boolean;
  loadMore(): void;
  /** Looks for new ones, which come in front. What is there stays. */
  refresh(): void;
  /** Looks for new ones and only counts them: `waiting`, of one page at most. */
  look(): void;
  waiting: number;
  /** From the start. */
  reload(): void;
  /** What failed is asked again; by itself when nobody answered. */
  retry(): void;
}

/** What was there with `fresh` in front, which is the newest page now; rows that changed are those of `fresh`. */
export function merged<T>(old: readonly T[], fresh: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const keys = new Set(fresh.map(keyOf));
  const rest = old.filter((item) => !keys.has(keyOf(item)));
  const touch = rest.length < old.length || old.length === 0;
  // Nothing in common: there may be a gap between them.
  return touch ? [...fresh, ...rest] : fresh;
}

/** How many of `fresh` are not in `old`. */
export function unknown<T>(old: readonly T[], fresh: readonly T[], keyOf: (item: T) => string): number {
  const wanted = new Set(fresh.map(keyOf));
  for (const item of old) if (wanted.delete(keyOf(item)) && wanted.size === 0) break;
  return wanted.size;
}

interface State<T> {
  path: string;
  items: readonly T[];
  next: string;
  loading: boolean;
  problem: Problem | undefined;
  current: boolean;
  waiting: number;
}

/** Lists that were left, by the address of their page. */
const left = new Map<string, Pick<State<unknown>, 'items' | 'next'>>();
const mostLeft = 4;

function leave(key: string, { items, next, current }: State<unknown>): void {
  if (!current) return;
  left.delete(key);
  left.set(key, { items, next });
  for (const oldest of left.keys()) if (left.size > mostLeft) left.delete(oldest);
}

/** The first page is there at once, those behind it come before they are reached. */
const firstPage = 100;
const nextPage = 500;
/** Rows; what the browser keeps has an end. */
export const mostRows = 20_000;

/** `path` without its query; `member` of the answer has the items. */
export function usePages<T>(path: string, query: Query, member: string, keyOf: (item: T) => string): Pages<T> {
  const whole = address(path, query);
  const place = `${location.pathname}${location.search} ${path}`;
  const found = useRef(cameBack() ? left.get(place) : undefined);
  const [state, setState] = useState<State<T>>(() => {
    const { items = [], next = '' } = (found.current as { items: readonly T[]; next: string } | undefined) ?? {};
    const current = found.current !== undefined;
    return { path: whole, items, next, loading: !current, problem: undefined, current, waiting: 0 };
  });
  const [turn, setTurn] = useState(0);
  const newest = useRef(state);
  newest.current = state;
  const keys = useRef(keyOf);
  keys.current = keyOf;
  const abort = useRef<AbortController | undefined>(undefined);

  const failed = useRef<() => void>(() => undefined);
  const ask = async (cursor: string, use: (items: T[], next: string) => Partial<State<T>>) => {
    const signal = abort.current?.signal;
    const limit = cursor === '' ? firstPage : nextPage;
    failed.current = () => {
      if (signal?.aborted) return;
      setState((old) => ({ ...old, loading: true }));
      void ask(cursor, use);
    };
    try {
      const answer = await get<Record<string, unknown>>(address(path, { ...query, limit, cursor }), signal);
      const items = (answer[member] as T[] | undefined) ?? [];
      const next = typeof answer['next'] === 'string' ? answer['next'] : '';
      if (!signal?.aborted) setState((old) => ({ ...old, problem: undefined, loading: false, ...use(items, next) }));
    } catch (error) {
      if (!signal?.aborted) setState((old) => ({ ...old, loading: false, problem: asProblem(error) }));
    }
  };

  const look = () => void ask('', (fresh) => ({ waiting: unknown(newest.current.items, fresh, keys.current) }));

  useEffect(() => {
    abort.current = new AbortController();
    const wasLeft = found.current !== undefined;
    found.current = undefined;
    if (wasLeft) {
      look();
    } else {
      setState((old) => ({ ...old, path: whole, loading: true, current: false, problem: undefined, waiting: 0 }));
      void ask('', (items, next) => ({ items, next, current: true }));
    }
    return () => {
      abort.current?.abort();
      leave(place, newest.current);
    };
  }, [whole, turn]);

  useEffect(() => {
    if (state.problem?.kind !== 'offline') return;
    const timer = setTimeout(() => failed.current(), retryAfter);
    return () => clearTimeout(timer);
  }, [state.problem]);

  return useMemo(
    () => ({
      items: state.items,
      more: state.next !== '' && state.items.length < mostRows,
      full: state.next !== '' && state.items.length >= mostRows,
      loading: state.loading,
      problem: state.problem,
      current: state.current && state.path === whole,
      loadMore: () => {
        const { loading, next, problem } = newest.current;
        if (loading || next === '' || problem) return;
        // At once, so that a second call in the same moment does nothing.
        newest.current = { ...newest.current, loading: true };
        setState((old) => ({ ...old, loading: true }));
        void ask(next, (items, after) => ({ items: [...newest.current.items, ...items], next: after }));
      },
      refresh: () => {
        if (newest.current.loading) return;
        void ask('', (fresh, next) => {
          const items = merged(newest.current.items, fresh, keys.current);
          return items.length === fresh.length ? { items, next, waiting: 0 } : { items, waiting: 0 };
        });
      },
      look: () => {
        if (!newest.current.loading) look();
      },
      waiting: state.waiting,
      reload: () => setTurn((n) => n + 1),
      retry: () => {
        setState((old) => ({ ...old, problem: undefined }));
        failed.current();
      },
    }),
    [state, whole],
  );
}
