// SPDX-License-Identifier: Apache-2.0
//
// Something that the API knows, kept while a part of a page shows it.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, get, retryAfter } from './api';
import type { Problem } from './api';

export interface Resource<T> {
  /** The last good answer; stays while a newer one is on its way, so that nothing jumps. */
  data: T | undefined;
  /** Of the last try; `data` may still be there. */
  problem: Problem | undefined;
  loading: boolean;
  reload(): void;
}

interface State<T> {
  path: string | null;
  data: T | undefined;
  problem: Problem | undefined;
  loading: boolean;
}

export interface ResourceOptions {
  /**
   * Milliseconds between two answers; none: asked once, and again while nobody answers. Nothing is asked again while the
   * page is hidden.
   */
  every?: number;
  /** What is shown after `path` changed and before the answer comes. */
  meanwhile?: 'old' | 'nothing';
}

export function useResource<T>(path: string | null, options: ResourceOptions = {}): Resource<T> {
  const { every, meanwhile = 'nothing' } = options;
  const [state, setState] = useState<State<T>>({ path, data: undefined, problem: undefined, loading: true });
  const [turn, setTurn] = useState(0);
  const keep = useRef(meanwhile);
  keep.current = meanwhile;

  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    let timer = 0;
    const again = (wait: number) => {
      timer = window.setTimeout(() => (document.hidden ? again(wait) : void ask()), wait);
    };
    const ask = async () => {
      let wait = every;
      try {
        const data = await get<T>(path, abort.signal);
        if (abort.signal.aborted) return;
        setState({ path, data, problem: undefined, loading: false });
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = asProblem(error);
        if (problem.kind === 'offline') wait ??= retryAfter;
        setState((old) => ({ ...old, path, problem, loading: false }));
      }
      if (wait !== undefined) again(wait);
    };
    setState((old) => {
      const stays = old.path === path || keep.current === 'old';
      return { path, data: stays ? old.data : undefined, problem: undefined, loading: true };
    });
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [path, every, turn]);

  const reload = useCallback(() => setTurn((n) => n + 1), []);
  // The first drawing after a change of `path` comes before the effect.
  const stale = state.path !== path && meanwhile === 'nothing';
  return {
    data: stale ? undefined : state.data,
    problem: stale ? undefined : state.problem,
    loading: stale || state.loading,
    reload,
  };
}

export interface Act {
  busy: boolean;
  problem: Problem | undefined;
  /** Runs it unless it runs already; true when it went well. */
  run(): Promise<boolean>;
}

/** A change that somebody asks for by a button. */
export function useAct(work: () => Promise<void>): Act {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const running = useRef(false);
  const run = async () => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(asProblem(error));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { busy, problem, run };
}
