// SPDX-License-Identifier: Apache-2.0
//
// How text that somebody else wrote comes onto the page: as text, isolated from the direction of what stands
// around it, with nothing in it that cannot be seen, and not longer than its place.
import { useState } from 'preact/hooks';
import { clipped, imageReference, shortDigest, visible } from '../base/text';
import { Button, CopyButton } from './button';
import { Chevron } from './icons';

interface TextProps {
  of: string;
  /** Characters; the rest is shown on demand. */
  most?: number;
}

export function Text({ of, most = 300 }: TextProps) {
  const [open, setOpen] = useState(false);
  const seen = visible(of);
  if (seen.length <= most) return <bdi class="text">{seen}</bdi>;
  return (
    <>
      <bdi class="text">{open ? seen : clipped(seen, most)}</bdi>{' '}
      <button type="button" class="more" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'less' : `all ${seen.length} characters`}
      </button>
    </>
  );
}

/** In one line, cut off by the edge of its place; all of it when the pointer rests there. */
export function Line({ of, most = 400, mono = false }: TextProps & { mono?: boolean }) {
  const seen = clipped(visible(of), most);
  return (
    <bdi class={mono ? 'text line mono' : 'text line'} title={clipped(visible(of), 4000)}>
      {seen}
    </bdi>
  );
}

/** Paths, commands, rule names: one below the other they line up. */
export function Mono({ of, most }: TextProps) {
  return (
    <code class="mono">
      <Text of={of} {...(most === undefined ? {} : { most })} />
    </code>
  );
}

/** A digest or a hash: its beginning, and all of it by a click. */
export function Digest({ of, copy = true }: { of: string; copy?: boolean }) {
  if (of === '') return <span class="dim">none</span>;
  const short = /^[0-9a-f]{64}$/.test(of) ? of.slice(0, 12) : shortDigest(of);
  return (
    <span class="digest">
      <bdi class="text mono" title={visible(of)}>
        {visible(short)}
      </bdi>
      {copy && <CopyButton text={of} what="digest" />}
    </span>
  );
}

export function ImageName({ name, reference }: { name: string; reference: string }) {
  return <Line of={imageReference(name, reference)} />;
}

/** Rules are written by somebody else: only what is plainly a web address becomes a link. */
export function WebLink({ to }: { to: string }) {
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(to)) return <Text of={to} most={120} />;
  return (
    <a href={to} target="_blank" rel="noreferrer noopener">
      <Text of={to} most={120} />
    </a>
  );
}

/** A file or a command to be copied. */
export function CodeBlock({ text, what }: { text: string; what: string }) {
  return (
    <div class="code-block">
      <pre tabIndex={0}>
        <code>{text.split('\n').map(visible).join('\n')}</code>
      </pre>
      <CopyButton text={text} what={what} />
    </div>
  );
}

/** `children` behind a button, for what is long and seldom wanted. */
export function OnDemand({ label, children }: { label: string; children: () => preact.ComponentChildren }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <div class="on-demand">
        <Button kind="quiet" expanded={open} onClick={() => setOpen(!open)}>
          <span class={open ? 'turn turned' : 'turn'}>
            <Chevron />
          </span>
          {label}
        </Button>
      </div>
      {open && children()}
    </>
  );
}
