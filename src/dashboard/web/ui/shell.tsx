// SPDX-License-Identifier: Apache-2.0
//
// What stands around every page.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLiveState, useStream } from '../base/live';
import type { LiveState } from '../base/live';
import { useAct } from '../base/resource';
import { usePlace } from '../base/router';
import { logOut, useSession } from '../base/session';
import { Button } from './button';
import { Gate } from './icons';
import { Text } from './text';

const places: readonly (readonly [path: string, name: string, below: string])[] = [
  ['/', 'Overview', ''],
  ['/pulls?action=block', 'Blocked pulls', '/reports/'],
  ['/images', 'Images', '/images/'],
  ['/rules', 'Rules', ''],
  ['/waivers', 'Waivers', ''],
  ['/setup', 'Clients and setup', ''],
];

const liveWords: Record<LiveState, string> = {
  connecting: 'connecting',
  live: 'live',
  waiting: 'reconnecting',
  paused: 'paused',
};

export function Shell({ onLeft, children }: { onLeft(): void; children: ComponentChildren }) {
  useStream();
  const { path } = usePlace();
  const session = useSession();
  const live = useLiveState();
  const nav = useRef<HTMLElement>(null);
  // On a phone the current page may be beyond the edge. Only the bar is moved: the page has its own place.
  useEffect(() => {
    const bar = nav.current;
    const current = bar?.querySelector('[aria-current]')?.getBoundingClientRect();
    if (!bar || !current) return;
    const { left, width } = bar.getBoundingClientRect();
    bar.scrollLeft += current.left - left - (width - current.width) / 2;
  }, [path]);
  const leave = useAct(async () => {
    await logOut();
    onLeft();
  });
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={() => document.getElementById('main')?.focus()}>
        To the content
      </a>
      <header class="top">
        <a class="brand" href="/">
          <Gate /> Portcullis
        </a>
        <nav aria-label="Pages" ref={nav}>
          <ul>
            {places.map(([target, name, below]) => {
              const own = target.split('?')[0];
              const here = path === own || (below !== '' && path.startsWith(below));
              return (
                <li key={name}>
                  <a href={target} aria-current={here ? 'page' : undefined}>
                    {name}
                  </a>
                </li>
              );
            })}
          </ul>
        </nav>
        <div class="who">
          <span class={`live live-${live}`} title="Events of the server, as they happen">
            <span class="live-dot" /> {liveWords[live]}
          </span>
          <span class="dim who-name">
            <Text of={session.name} most={30} /> ({session.role})
          </span>
          <Button kind="quiet" busy={leave.busy} onClick={() => void leave.run()}>
            Log out
          </Button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer class="foot dim">
        Portcullis {VERSION} · <a href="/api/v1/openapi.json">API</a> ·{' '}
        <a href={document.getElementById('app')?.dataset['notices'] ?? '/'}>Licences</a>
      </footer>
    </div>
  );
}
