// SPDX-License-Identifier: Apache-2.0
import { useEffect, useId, useRef } from 'preact/hooks';
import { useTyped } from '../base/debounce';
import { Search } from './icons';

interface Props {
  label: string;
  value: string;
  onChange(value: string): void;
}

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && /^(input|textarea|select)$/i.test(target.tagName);

/** The search field of a page: `/` leads to it, Escape empties it. */
export function SearchField({ label, value, onChange }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const [text, type] = useTyped(value, onChange);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
  return (
    <div class="search" role="search">
      <label for={id} class="unseen">
        {label}
      </label>
      <Search />
      <input
        id={id}
        ref={input}
        type="search"
        placeholder={`${label}  ( / )`}
        spellcheck={false}
        autocomplete="off"
        maxLength={500}
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && text !== '') type('');
        }}
      />
    </div>
  );
}

interface TextFilterProps extends Props {
  hint?: string;
  suggestions?: readonly string[];
}

export function TextFilter({ label, value, onChange, hint, suggestions }: TextFilterProps) {
  const id = useId();
  const [text, type] = useTyped(value, onChange);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        placeholder={hint}
        spellcheck={false}
        autocomplete="off"
        maxLength={500}
        list={suggestions ? `${id}-list` : undefined}
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
      />
      {suggestions && (
        <datalist id={`${id}-list`}>
          {suggestions.map((suggestion) => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
    </div>
  );
}
