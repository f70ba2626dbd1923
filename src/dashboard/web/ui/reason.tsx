// SPDX-License-Identifier: Apache-2.0
//
// A change that is asked for with a reason, which stays on record with the name of who gave it.
import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { useAct } from '../base/resource';
import { Button } from './button';
import { Dialog } from './dialog';
import { Field } from './field';
import { Failure } from './state';

interface Props {
  title: string;
  /** Of the field for the reason. */
  label?: string;
  hint: string;
  /** On the button. */
  action: string;
  kind?: 'main' | 'danger';
  /** What it is about, or further fields. */
  children?: ComponentChildren;
  work(reason: string): Promise<void>;
  onClose(): void;
}

const longest = 500;

/** Stays open while `work` fails, and says why. */
export function ReasonDialog({ title, label = 'Why', hint, action, kind = 'main', children, work, onClose }: Props) {
  const [reason, setReason] = useState('');
  const act = useAct(() => work(reason.trim()));
  const ready = reason.trim() !== '';
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void act.run();
        }}
      >
        {children}
        <Field label={label} hint={hint}>
          {(id) => (
            <textarea
              {...id}
              rows={3}
              required
              maxLength={longest}
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
        {act.problem && <Failure problem={act.problem} />}
        <div class="row dialog-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind={kind} type="submit" busy={act.busy} disabled={!ready}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
