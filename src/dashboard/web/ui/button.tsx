// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Check, Copy } from './icons';

interface Props {
  kind?: 'main' | 'plain' | 'danger' | 'quiet';
  type?: 'button' | 'submit';
  /** It works; it cannot be pressed again meanwhile. */
  busy?: boolean;
  disabled?: boolean;
  /** What it does, where the text does not say it. */
  label?: string;
  pressed?: boolean;
  expanded?: boolean;
  onClick?: () => void;
  children: ComponentChildren;
}

export function Button({
  kind = 'plain',
  type = 'button',
  busy = false,
  disabled = false,
  label,
  pressed,
  expanded,
  onClick,
  children,
}: Props) {
  return (
    <button
      type={type}
      class={`button button-${kind}`}
      disabled={disabled || busy}
      aria-busy={busy}
      aria-label={label}
      aria-pressed={pressed}
      aria-expanded={expanded}
      title={label}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

const copiedFor = 2000;

/** Puts `text` into the clipboard, byte by byte. Where the browser does not let it (plain HTTP), there is no button. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), copiedFor);
    return () => clearTimeout(timer);
  }, [copied]);
  if (!navigator.clipboard) return null;
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <Button kind="quiet" label={copied ? 'Copied' : `Copy ${what}`} onClick={copy}>
      {copied ? <Check /> : <Copy />}
    </Button>
  );
}
