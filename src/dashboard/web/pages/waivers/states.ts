// SPDX-License-Identifier: Apache-2.0
import type { Query } from '../../base/api';
import type { Waiver } from '../../base/types';
import type { Terms } from '../../ui/waiver';

export const waiverViews = ['active', 'soon', 'expired', 'revoked', 'all'] as const;
export type WaiverView = (typeof waiverViews)[number];

const day = 86_400_000;
/** How near an end is soon. */
export const soonDays = 3;

export function viewOf(text: string): WaiverView {
  return waiverViews.find((view) => view === text) ?? 'active';
}

/** To the minute of `now`, so that a list is not asked for again at each drawing. */
export function queryOf(view: WaiverView, now: Date): Query {
  if (view !== 'soon') return { state: view };
  const minute = Math.floor(now.getTime() / 60_000) * 60_000;
  return { state: 'active', expires_before: new Date(minute + soonDays * day).toISOString() };
}

/** What ends first is first where that is the question; else the newest, as they came. */
export function orderedFor(view: WaiverView, waivers: readonly Waiver[]): readonly Waiver[] {
  if (view !== 'soon') return waivers;
  return [...waivers].sort((a, b) => Date.parse(a.expires) - Date.parse(b.expires));
}

export function endsSoon(waiver: Waiver, now: Date): boolean {
  return waiver.state === 'active' && new Date(waiver.expires).getTime() - now.getTime() < soonDays * day;
}

export interface TermFields {
  rule: string;
  repository: string;
  digest: string;
  file_hash: string;
}

/** As the API takes them; undefined while they are too few for it. */
export function termsOf(fields: TermFields): Terms | undefined {
  const given = Object.entries(fields)
    .map(([name, text]) => [name, text.trim()] as const)
    .filter(([, text]) => text !== '');
  return given.length < 2 ? undefined : (Object.fromEntries(given) as Terms);
}
