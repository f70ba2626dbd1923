// SPDX-License-Identifier: Apache-2.0
//
// Who is logged in. The token itself never stays here: it becomes a cookie that scripts cannot read.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { get, postAs, remove } from './api';
import type { Token } from './types';

/** The token of `#token=...`; undefined when there is none. */
export function tokenOf(hash: string): string | undefined {
  const token = new URLSearchParams(hash.replace(/^#/, '')).get('token');
  return token ? token.trim() : undefined;
}

/** Takes the token out of the address, so that it is neither in the history nor in a bookmark. */
export function takeToken(): string | undefined {
  const token = tokenOf(location.hash);
  if (token !== undefined) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

export const currentSession = () => get<Token>('/session');
export const logIn = (token: string) => postAs<Token>(token, '/session');
export const logOut = () => remove<void>('/session');

export const Session = createContext<Token | null>(null);

export function useSession(): Token {
  const session = useContext(Session);
  if (!session) throw new Error('nobody is logged in here');
  return session;
}

/** May the one who looks change something? */
export function useIsOperator(): boolean {
  return useSession().role === 'operator';
}
