// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks';
import { brief, full, relative, utc } from '../base/time';
import type { Timestamp } from '../base/types';

const listeners = new Set<() => void>();
setInterval(() => {
  if (!document.hidden) for (const listener of [...listeners]) listener();
}, 10_000);

/** The time, refreshed now and then. */
export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const tick = () => setNow(new Date());
    listeners.add(tick);
    return () => void listeners.delete(tick);
  }, []);
  return now;
}

interface Props {
  at: Timestamp | null | undefined;
  /** How: `15:04:05`, with the date, or `3 min ago`. UTC stands in the tooltip. */
  as?: 'brief' | 'full' | 'relative';
  /** Where there is no time. */
  never?: string;
}

export function Time({ at, as = 'brief', never = 'never' }: Props) {
  const now = useNow();
  const date = at ? new Date(at) : undefined;
  if (!date || Number.isNaN(date.getTime())) return <span class="dim">{never}</span>;
  const text = as === 'full' ? full(date) : as === 'brief' ? brief(date, now) : relative(date, now);
  return (
    <time dateTime={date.toISOString()} title={`${utc(date)}\n${full(date)} here`}>
      {text}
    </time>
  );
}
