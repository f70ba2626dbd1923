// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks';
import { asProblem, onLoginNeeded, retryAfter } from './base/api';
import type { Problem } from './base/api';
import { usePlace } from './base/router';
import { Session, currentSession, logIn, takeToken } from './base/session';
import type { Token } from './base/types';
import { LoginPage } from './pages/login';
import { pageOf } from './pages';
import { match } from './routes';
import { Shell } from './ui/shell';
import { Failure } from './ui/state';
import { Announcer } from './ui/announce';

type Entrance =
  | { at: 'door' }
  | { at: 'login'; problem?: Problem; ended?: boolean }
  | { at: 'failure'; problem: Problem }
  | { at: 'inside'; session: Token };

/** By the token of a login link, else by the cookie. */
async function enter(): Promise<Entrance> {
  const token = takeToken();
  try {
    return { at: 'inside', session: await (token === undefined ? currentSession() : logIn(token)) };
  } catch (error) {
    const problem = asProblem(error);
    if (problem.kind !== 'login') return { at: 'failure', problem };
    return token === undefined ? { at: 'login' } : { at: 'login', problem };
  }
}

export function App() {
  const [entrance, setEntrance] = useState<Entrance>({ at: 'door' });
  const look = () => void enter().then(setEntrance);
  useEffect(() => {
    onLoginNeeded(() => setEntrance((old) => (old.at === 'inside' ? { at: 'login', ended: true } : old)));
    // A login link that is pasted into a page which is open already changes nothing but the hash.
    const pasted = () => location.hash.includes('token=') && look();
    addEventListener('hashchange', pasted);
    look();
    return () => removeEventListener('hashchange', pasted);
  }, []);

  useEffect(() => {
    if (entrance.at !== 'failure' || entrance.problem.kind !== 'offline') return;
    const timer = setTimeout(look, retryAfter);
    return () => clearTimeout(timer);
  }, [entrance]);

  if (entrance.at === 'door') return <main class="door" aria-busy="true" />;
  if (entrance.at === 'login') {
    const { problem, ended = false } = entrance;
    return <LoginPage problem={problem} ended={ended} onDone={(session) => setEntrance({ at: 'inside', session })} />;
  }
  if (entrance.at === 'failure') {
    return (
      <main class="door">
        <Failure problem={entrance.problem} retry={look} />
      </main>
    );
  }
  return (
    <Session.Provider value={entrance.session}>
      <Announcer>
        <Shell onLeft={() => setEntrance({ at: 'login' })}>
          <Page />
        </Shell>
      </Announcer>
    </Session.Provider>
  );
}

function Page() {
  const { path } = usePlace();
  const found = match(path);
  const Shown = pageOf(found?.path);
  // Another image is another page, whatever was unfolded before.
  return <Shown key={path} parameters={found?.parameters ?? {}} />;
}
