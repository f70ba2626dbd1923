// SPDX-License-Identifier: Apache-2.0
//
// How long a waiver holds, in the words people use.

export const expiries = [
  ['1d', 'for 24 hours'],
  ['friday', 'until Friday evening'],
  ['7d', 'for 7 days'],
  ['30d', 'for 30 days'],
  ['custom', 'until…'],
] as const;

export type Expiry = (typeof expiries)[number][0];

const friday = 5;
const evening = 18;

/** 18:00 of the next Friday that is not over yet, in local time. */
export function nextFriday(now: Date): Date {
  const at = new Date(now);
  at.setHours(evening, 0, 0, 0);
  at.setDate(at.getDate() + ((friday - at.getDay() + 7) % 7));
  if (at <= now) at.setDate(at.getDate() + 7);
  return at;
}

/** What the API takes: a duration, or a time. Empty while there is none. */
export function expiresOf(expiry: Expiry, custom: string, now: Date): string {
  if (expiry === 'friday') return nextFriday(now).toISOString();
  if (expiry !== 'custom') return expiry;
  const at = new Date(custom);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}
