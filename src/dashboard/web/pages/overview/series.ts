// SPDX-License-Identifier: Apache-2.0
//
// Counts over time as the chart wants them.
import type { Bucket, Overview } from '../../base/types';

/** Columns for uPlot; times in seconds. `warned` stands on `blocked`. */
export interface Series {
  times: number[];
  blocked: number[];
  warnedOnBlocked: number[];
  allowed: number[];
}

export function seriesOf(buckets: readonly Bucket[]): Series {
  return {
    times: buckets.map((bucket) => Date.parse(bucket.start) / 1000),
    blocked: buckets.map((bucket) => bucket.blocked),
    warnedOnBlocked: buckets.map((bucket) => bucket.blocked + bucket.warned),
    allowed: buckets.map((bucket) => bucket.allowed),
  };
}

/** Every bucket of the period, also where nothing happened. */
export function filled(overview: Overview): Bucket[] {
  const width = overview.width_hours * 3_600_000;
  const known = new Map(overview.buckets.map((bucket) => [Date.parse(bucket.start), bucket]));
  const from = Date.parse(overview.from);
  const until = Date.parse(overview.until);
  // Those of the server begin somewhere; all others are a whole number of widths away.
  const some = known.keys().next().value ?? 0;
  const first = from - ((((from - some) % width) + width) % width);
  const all: Bucket[] = [];
  for (let at = first; at < until; at += width) {
    all.push(known.get(at) ?? { start: new Date(at).toISOString(), allowed: 0, warned: 0, blocked: 0 });
  }
  return all;
}

/** `rule:miner_xmrig` in its two parts. */
export function codeOf(name: string): { kind: string; rest: string } {
  const colon = name.indexOf(':');
  return colon < 0 ? { kind: '', rest: name } : { kind: name.slice(0, colon), rest: name.slice(colon + 1) };
}
