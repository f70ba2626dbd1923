// SPDX-License-Identifier: Apache-2.0
//
// What has just been done, in one line: seen for some seconds, and read out.
import { createContext } from 'preact';
import type { ComponentChildren } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

type Say = (text: string) => void;
const Context = createContext<Say>(() => undefined);
const seenFor = 6000;

export const useAnnounce = (): Say => useContext(Context);

export function Announcer({ children }: { children: ComponentChildren }) {
  const [said, setSaid] = useState({ text: '', turn: 0 });
  useEffect(() => {
    if (said.text === '') return;
    const timer = setTimeout(() => setSaid((old) => ({ ...old, text: '' })), seenFor);
    return () => clearTimeout(timer);
  }, [said.turn]);
  return (
    <Context.Provider value={(text) => setSaid((old) => ({ text, turn: old.turn + 1 }))}>
      {children}
      <div class={said.text === '' ? 'toast' : 'toast toast-shown'} role="status">
        {said.text}
      </div>
    </Context.Provider>
  );
}
