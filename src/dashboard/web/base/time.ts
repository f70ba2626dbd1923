// SPDX-License-Identifier: Apache-2.0
//
// Times in the zone of who looks. `now` comes in as an argument.

const day = 86_400_000;
const pad = (value: number) => String(value).padStart(2, '0');

const dateOf = (at: Date) => `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
const clockOf = (at: Date) => `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;

/** `2026-11-26 15:04:05`, local. */
export function full(at: Date): string {
  return `${dateOf(at)} ${clockOf(at)}`;
}

/** `15:04:05` of today, else with its date. */
export function brief(at: Date, now: Date): string {
  return dateOf(at) === dateOf(now) ? clockOf(at) : `${dateOf(at)} ${clockOf(at).slice(0, 5)}`;
}

/** `2026-11-26 14:04:05 UTC`. */
export function utc(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `3 min`, `2 h`, `5 d`: how long `milliseconds` are, roughly. */
export function span(milliseconds: number): string {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** `3 min ago`, `in 2 h`. */
export function relative(at: Date, now: Date): string {
  const difference = at.getTime() - now.getTime();
  if (Math.abs(difference) < 5000) return 'now';
  return difference < 0 ? `${span(difference)} ago` : `in ${span(difference)}`;
}

export interface Period {
  from: Date;
  until: Date;
}

/** What people choose from; each with how wide a bucket of the chart is. */
export const ranges = {
  '24h': { label: 'Last 24 hours', milliseconds: day, hours: 1 },
  '7d': { label: 'Last 7 days', milliseconds: 7 * day, hours: 6 },
  '30d': { label: 'Last 30 days', milliseconds: 30 * day, hours: 24 },
  '90d': { label: 'Last 90 days', milliseconds: 90 * day, hours: 24 },
} as const;
export type RangeName = keyof typeof ranges;

export function rangeName(text: string, otherwise: RangeName): RangeName {
  return Object.hasOwn(ranges, text) ? (text as RangeName) : otherwise;
}

/** The value of <input type=datetime-local>; empty when it is no time. */
export function toInput(at: Date): string {
  return Number.isNaN(at.getTime()) ? '' : `${dateOf(at)}T${clockOf(at).slice(0, 5)}`;
}
