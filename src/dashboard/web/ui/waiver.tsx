// SPDX-License-Identifier: Apache-2.0
//
// Signing an exception: how long, why, and what it would let through before anything is written.
import { useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, post } from '../base/api';
import type { Problem } from '../base/api';
import { expiresOf, expiries } from '../base/expiry';
import type { Expiry } from '../base/expiry';
import { useAct } from '../base/resource';
import { counted } from '../base/text';
import { toInput } from '../base/time';
import type { NewWaiver, Waiver, WaiverEffect, WaiverPreview } from '../base/types';
import { useAnnounce } from './announce';
import { Button } from './button';
import { Dialog } from './dialog';
import { Field, Select } from './field';
import { ActionMark, ReasonMark, SeverityMark } from './marks';
import { Failure, Skeleton } from './state';
import { Digest, Line, Mono, Text } from './text';
import { Time } from './time';

/** What it is for; the reason and the time are asked of who signs. */
export type Terms = Omit<NewWaiver, 'reason' | 'expires'>;

interface Preview {
  data: WaiverPreview | undefined;
  problem: Problem | undefined;
  /** Of just these terms. */
  current: boolean;
}

const pause = 400;
/** The server wants one; what it says does not change the forecast. */
const anyReason = 'forecast';

/** Asks again when the terms rest. Undefined: not enough to ask with. */
export function usePreview(terms: Terms | undefined, expires: string): Preview {
  const body = terms && expires !== '' ? JSON.stringify({ ...terms, reason: anyReason, expires }) : '';
  const [state, setState] = useState<Preview & { body: string }>({ data: undefined, problem: undefined, current: false, body: '' });
  useEffect(() => {
    if (body === '') return;
    let dropped = false;
    const timer = setTimeout(() => {
      post<WaiverPreview>('/waivers/preview', JSON.parse(body))
        .then((data) => !dropped && setState({ data, problem: undefined, current: true, body }))
        .catch((error: unknown) => {
          if (!dropped) setState({ data: undefined, problem: asProblem(error), current: true, body });
        });
    }, pause);
    return () => {
      dropped = true;
      clearTimeout(timer);
    };
  }, [body]);
  return { data: state.data, problem: state.problem, current: state.current && body !== '' && state.body === body };
}

export function TermsOf({ waiver }: { waiver: Waiver }) {
  return (
    <span class="terms">
      {waiver.rule && (
        <span>
          <span class="dim">rule</span> <Mono of={waiver.rule} most={120} />
        </span>
      )}
      {waiver.repository && (
        <span>
          <span class="dim">in</span> <Mono of={waiver.repository} most={120} />
        </span>
      )}
      {waiver.digest && (
        <span>
          <span class="dim">manifest</span> <Digest of={waiver.digest} />
        </span>
      )}
      {waiver.file_hash && (
        <span>
          <span class="dim">file</span> <Digest of={waiver.file_hash} />
        </span>
      )}
    </span>
  );
}

/** A forecast: what would pass, what would not. */
export function Effect({ effect }: { effect: WaiverEffect }) {
  return (
    <div class="stack-small">
      <p>
        <strong>{counted(effect.passing, 'blocked image')} would pass</strong>
        {effect.still_blocked > 0 && `, ${counted(effect.still_blocked, 'stays', 'stay')} blocked for other reasons`}
        {effect.not_blocked > 0 && `, ${counted(effect.not_blocked, 'is', 'are')} not blocked anyway`}.{' '}
        {counted(effect.findings, 'finding')} covered{effect.worst && ', the worst '}
        {effect.worst && <SeverityMark of={effect.worst} />}.
      </p>
      {!effect.complete && <p class="notice">More images than were looked at: this forecast is only a part.</p>}
      <ul class="effect">
        {effect.images.map((image) => (
          <li key={image.decision}>
            {image.passes || !image.blocked ? <ReasonMark of="allow" /> : <ActionMark of="block" />}
            <div>
              <a href={`/reports/${encodeURIComponent(image.decision)}`} target="_blank">
                <Line of={`${image.name}@${image.manifest.slice(0, 19)}`} />
              </a>
              {image.left.length > 0 && (
                <span class="dim small">
                  left: <Text of={image.left.join(', ')} most={200} />
                </span>
              )}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface DialogProps {
  title: string;
  terms: Terms | undefined;
  /** Fields for the terms, where they are not given. */
  children?: preact.ComponentChildren;
  onClose(): void;
  onDone(waivers: Waiver[]): void;
}

export function WaiverDialog({ title, terms, children, onClose, onDone }: DialogProps) {
  const [reason, setReason] = useState('');
  const [expiry, setExpiry] = useState<Expiry>('7d');
  const [custom, setCustom] = useState('');
  const opened = useRef(new Date());
  const expires = expiresOf(expiry, custom, opened.current);
  const preview = usePreview(terms, expires);
  const announce = useAnnounce();
  const sign = useAct(async () => {
    const { waivers } = await post<{ waivers: Waiver[] }>('/waivers', { ...terms, reason: reason.trim(), expires });
    announce(`${counted(waivers.length, 'waiver')} signed, in force from the next pull on`);
    onDone(waivers);
  });
  const ready = preview.current && preview.data !== undefined && reason.trim() !== '';
  return (
    <Dialog title={title} onClose={onClose} wide>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void sign.run();
        }}
      >
        {children}
        <div class="columns">
          <div class="stack-small">
            <Select<Expiry> label="Holds" value={expiry} options={expiries} onChange={(chosen) => setExpiry(chosen)} />
            {expiry === 'custom' && (
              <Field label="Until">
                {(id) => (
                  <input
                    {...id}
                    type="datetime-local"
                    required
                    min={toInput(opened.current)}
                    value={custom}
                    onInput={(event) => setCustom(event.currentTarget.value)}
                  />
                )}
              </Field>
            )}
          </div>
          <Field label="Why" hint="Whoever reviews this later reads it. It is recorded with your name.">
            {(id) => (
              <textarea
                {...id}
                rows={3}
                required
                maxLength={500}
                value={reason}
                onInput={(event) => setReason(event.currentTarget.value)}
              />
            )}
          </Field>
        </div>
        <section class="forecast" aria-live="polite" aria-busy={!preview.current}>
          <h3>What it would let through</h3>
          {preview.problem && <Failure problem={preview.problem} />}
          {preview.data && <Forecast preview={preview.data} />}
          {!preview.data && !preview.problem && (terms ? <Skeleton lines={3} /> : <p class="dim">Say first what it is for.</p>)}
        </section>
        {sign.problem && <Failure problem={sign.problem} />}
        <div class="row dialog-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" type="submit" busy={sign.busy} disabled={!ready}>
            Sign the waiver
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Forecast({ preview }: { preview: WaiverPreview }) {
  return (
    <div class="stack-small">
      <Effect effect={preview.effect} />
      <ul class="stack-small small">
        {preview.waivers.map((waiver, i) => (
          <li key={i}>
            <TermsOf waiver={waiver} /> <span class="dim">until</span> <Time at={waiver.expires} as="full" />
          </li>
        ))}
      </ul>
    </div>
  );
}
