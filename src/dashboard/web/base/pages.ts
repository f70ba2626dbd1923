// SPDX-License-Identifier: Apache-2.0
//
// A long list that comes page by page (`next` is passed as `cursor`), newest first.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { address, asProblem, get } from './api';
import type { Problem, Query } from './api';

export interface Pages<T> {
  items: readonly T[];
  /** There are older ones than those in `items`. */
  more: boolean;
  loading: boolean;
  problem: Problem | undefined;
  /** Whose filters these items fit: false while those of other filters are on their way. */
  current: boolean;
  loadMore(): void;
  /** Looks for new ones, which come in front. What is there stays. */
  refresh(): void;
  /** From the start. */
  reload(): void;
}

/** What was there with `fresh` in front, which is the newest page now; rows that changed are those of `fresh`. */
export function merged<T>(old: readonly T[], fresh: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const keys = new Set(fresh.map(keyOf));
  const rest = old.filter((item) => !keys.has(keyOf(item)));
  const touch = rest.length < old.length || old.length === 0;
  // Nothing in common: there may be a gap between them.
  return touch ? [...fresh, ...rest] : fresh;
}

interface State<T> {
  path: string;
  items: readonly T[];
  next: string;
  loading: boolean;
  problem: Problem | undefined;
  current: boolean;
}

const pageSize = 100;

/** `path` without its query; `member` of the answer has the items. */
export function usePages<T>(path: string, query: Query, member: string, keyOf: (item: T) => string): Pages<T> {
  const whole = address(path, { ...query, limit: pageSize });
  const [state, setState] = useState<State<T>>({
    path: whole,
    items: [],
    next: '',
    loading: true,
    problem: undefined,
    current: false,
  });
  const [turn, setTurn] = useState(0);
  const newest = useRef(state);
  newest.current = state;
  const keys = useRef(keyOf);
  keys.current = keyOf;
  const abort = useRef<AbortController | undefined>(undefined);

  const ask = async (cursor: string, use: (items: T[], next: string) => Partial<State<T>>) => {
    const signal = abort.current?.signal;
    try {
      const answer = await get<Record<string, unknown>>(address(path, { ...query, limit: pageSize, cursor }), signal);
      const items = (answer[member] as T[] | undefined) ?? [];
      const next = typeof answer['next'] === 'string' ? answer['next'] : '';
      if (!signal?.aborted) setState((old) => ({ ...old, problem: undefined, loading: false, ...use(items, next) }));
    } catch (error) {
      if (!signal?.aborted) setState((old) => ({ ...old, loading: false, problem: asProblem(error) }));
    }
  };

  useEffect(() => {
    abort.current = new AbortController();
    setState((old) => ({ ...old, path: whole, loading: true, current: false, problem: undefined }));
    void ask('', (items, next) => ({ items, next, current: true }));
    return () => abort.current?.abort();
  }, [whole, turn]);

  return useMemo(
    () => ({
      items: state.items,
      more: state.next !== '',
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
          return items.length === fresh.length ? { items, next } : { items };
        });
      },
      reload: () => setTurn((n) => n + 1),
    }),
    [state, whole],
  );
}
