// SPDX-License-Identifier: Apache-2.0
//
// A row of the list, and where it comes from. Pulls know no severity, events do: with a severity asked for, the list
// is made of the events of pulls.
import type { Query } from '../../base/api';
import type { Action, Event, Pull } from '../../base/types';

export interface PullRow {
  key: string;
  at: string;
  action: Action;
  name: string;
  reference: string;
  summary: string;
  client: string;
  user: string;
  agent: string;
  decision: string;
  /** In that minute. */
  requests: number;
  checkOnly: boolean;
}

export interface PullFilters {
  from: string;
  until: string;
  action: string;
  host: string;
  repository: string;
  manifest: string;
  client: string;
  user: string;
  rule: string;
  text: string;
  severity: string;
}

export interface Source {
  path: string;
  member: string;
  query: Query;
}

const eventOf: Record<Action, string> = { block: 'pull-blocked', warn: 'pull-warned', allow: 'pull-allowed' };
const actionOf: Record<string, Action> = { 'pull-blocked': 'block', 'pull-warned': 'warn', 'pull-allowed': 'allow' };
export const pullEvents: readonly string[] = Object.values(eventOf);

export function isAction(text: string): text is Action {
  return Object.hasOwn(eventOf, text);
}

export function sourceOf(filters: PullFilters): Source {
  const { severity, user, ...rest } = filters;
  if (severity === '') return { path: '/pulls', member: 'pulls', query: { ...rest, user } };
  const action = isAction(filters.action) ? eventOf[filters.action] : pullEvents.join();
  // In events, a client is an address or a user.
  return { path: '/events', member: 'events', query: { ...rest, severity, action, client: filters.client || user } };
}

const made = new WeakMap<Pull | Event, PullRow>();

/** The same row for the same item, so that it is not drawn again. */
export function rowOf(item: Pull | Event): PullRow {
  const known = made.get(item);
  if (known) return known;
  const row = makeRow(item);
  made.set(item, row);
  return row;
}

function makeRow(item: Pull | Event): PullRow {
  if ('sequence' in item) {
    const { at, name, reference, client, user, agent, decision } = item;
    const action = actionOf[item.action] ?? 'block';
    return {
      ...{ key: String(item.sequence), at, action, name, reference, summary: item.message, client, user, agent },
      ...{ decision, requests: 1, checkOnly: false },
    };
  }
  const { name, reference, action, summary, client, user, agent, decision, requests } = item;
  return {
    ...{ key: keyOf(item), at: item.last, action, name, reference, summary, client, user, agent, decision, requests },
    checkOnly: item.check_only,
  };
}

/** Of the same pull, before and after further requests of its minute. */
export function keyOf(item: Pull | Event): string {
  if ('sequence' in item) return String(item.sequence);
  const { host, repository, manifest, client, user, agent, first } = item;
  return JSON.stringify([host, repository, manifest, client, user, agent, first]);
}
