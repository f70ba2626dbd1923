// SPDX-License-Identifier: Apache-2.0
//
// The API as functions. Everything that goes wrong is a Problem: the server's own (RFC 9457), or one made
// here when the server did not answer or answered something else.

export const prefix = '/api/v1';

/** What the pages do about it. */
export type ProblemKind = 'offline' | 'login' | 'role' | 'missing' | 'request' | 'server';

/** Milliseconds; what nobody answered is asked again by itself after that. */
export const retryAfter = 3000;

export class Problem extends Error {
  constructor(
    readonly kind: ProblemKind,
    readonly title: string,
    readonly detail: string,
    readonly status = 0,
  ) {
    super(`${title}: ${detail}`);
  }
}

export function kindOf(status: number): ProblemKind {
  if (status === 401) return 'login';
  if (status === 403) return 'role';
  if (status === 404) return 'missing';
  return status < 500 ? 'request' : 'server';
}

function member(body: unknown, name: string): string {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : '';
}

/** Of an answer that is no success. */
export function problemOf(status: number, body: unknown): Problem {
  const title = member(body, 'title') || `Answer ${status}`;
  const detail = member(body, 'detail') || 'The server did not say why.';
  return new Problem(kindOf(status), title, detail, status);
}

export type Query = Record<string, string | number | undefined>;

/** `path?query`, without what is empty; always %20, never '+'. */
export function address(path: string, query: Query = {}): string {
  const terms = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return terms.length > 0 ? `${path}?${terms.join('&')}` : path;
}

type LoginListener = () => void;
let loginNeeded: LoginListener = () => undefined;
/** Called when the server no longer knows who we are. */
export function onLoginNeeded(listener: LoginListener): void {
  loginNeeded = listener;
}

interface Call {
  method?: string;
  body?: unknown;
  token?: string;
  signal?: AbortSignal;
}

async function call(path: string, { method = 'GET', body, token, signal }: Call): Promise<unknown> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(prefix + path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    const text = await response.text();
    answer = text === '' ? undefined : parse(text);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem('offline', 'Portcullis does not answer', 'It is down, restarting, or not reached from here.');
  }
  if (response.ok) return answer;
  const problem = problemOf(response.status, answer);
  if (problem.kind === 'login' && token === undefined) loginNeeded();
  throw problem;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return call(path, signal ? { signal } : {}) as Promise<T>;
}
export function post<T>(path: string, body?: unknown): Promise<T> {
  return call(path, { method: 'POST', body }) as Promise<T>;
}
export function put<T>(path: string, body?: unknown): Promise<T> {
  return call(path, { method: 'PUT', body }) as Promise<T>;
}
export function remove<T>(path: string, body?: unknown): Promise<T> {
  return call(path, { method: 'DELETE', body }) as Promise<T>;
}
/** With a token instead of the cookie. */
export function postAs<T>(token: string, path: string): Promise<T> {
  return call(path, { method: 'POST', token }) as Promise<T>;
}

/** Anything that was thrown, as a Problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new Problem('server', 'The dashboard failed', text);
}
