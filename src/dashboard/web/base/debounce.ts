// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from 'preact/hooks';

/** Text that somebody types: shown at once, handed on trimmed when he pauses. Follows `value` when that changes elsewhere. */
export function useTyped(value: string, onChange: (value: string) => void): [string, (value: string) => void] {
  const [text, setText] = useState(value);
  const timer = useRef(0);
  const newest = useRef(onChange);
  newest.current = onChange;
  const sent = useRef(value);
  // Not what comes back from here: a space that was typed last would vanish.
  useEffect(() => {
    if (value !== sent.current) setText(value);
    sent.current = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (typed: string) => {
    setText(typed);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      sent.current = typed.trim();
      newest.current(sent.current);
    }, 250);
  };
  return [text, type];
}
