// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import type { Problem } from '../base/api';
import { useAct } from '../base/resource';
import { logIn } from '../base/session';
import type { Token } from '../base/types';
import { Button } from '../ui/button';
import { Field } from '../ui/field';
import { Gate } from '../ui/icons';
import { Failure } from '../ui/state';

interface Props {
  problem: Problem | undefined;
  /** Somebody was logged in a moment ago. */
  ended: boolean;
  onDone(session: Token): void;
}

export function LoginPage({ problem, ended, onDone }: Props) {
  const [token, setToken] = useState('');
  const act = useAct(async () => onDone(await logIn(token.trim())));
  const shown = act.problem ?? (act.busy ? undefined : problem);
  return (
    <main class="door">
      <form
        class="login"
        onSubmit={(event) => {
          event.preventDefault();
          void act.run();
        }}
      >
        <h1>
          <Gate /> Portcullis
        </h1>
        {ended && <p class="notice">Your session has ended. Log in, and you are where you were.</p>}
        <p>Open the login link that was printed at the first start, or paste a token.</p>
        <Field label="Token" hint="It begins with pct_.">
          {(id) => (
            <input
              {...id}
              type="password"
              name="token"
              autocomplete="current-password"
              spellcheck={false}
              required
              value={token}
              onInput={(event) => setToken(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button kind="main" type="submit" busy={act.busy} disabled={token.trim() === ''}>
          Log in
        </Button>
        {shown && <Failure problem={shown} />}
        <p class="dim">
          On the server: <code>portcullis token create --name you --role viewer</code>
        </p>
      </form>
    </main>
  );
}
