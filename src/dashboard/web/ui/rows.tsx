// SPDX-License-Identifier: Apache-2.0
//
// A table of any length: only the rows that are in the window are drawn. All rows are as high as --row-height of
// `.rows` says, so that nothing moves when they are filled. Arrow keys, j and k, Home and End go through it.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Column<T> {
  title: string;
  /** `cell-NAME` gives its place in the narrow layout. */
  name: string;
  cell: (item: T) => ComponentChildren;
  /** The one that leads on; the first when none says so. */
  isLink?: boolean;
}

interface Props<T> {
  label: string;
  /** Of the style sheet: sets --columns. */
  class: string;
  columns: readonly Column<T>[];
  items: readonly T[];
  keyOf: (item: T) => string;
  /** Where a row leads. */
  hrefOf?: (item: T) => string | undefined;
  /** Instead of a link. */
  onOpen?: (item: T) => void;
  isChosen?: (item: T) => boolean;
  /** Asked for when the end comes near. */
  onEnd?: () => void;
  more?: boolean;
  busy?: boolean;
  /** What is shown fits filters that were changed since. */
  stale?: boolean;
}

const spare = 12;
const nearEnd = 40;

interface Window {
  first: number;
  last: number;
}

function step(key: string, at: number, page: number, count: number): number | undefined {
  const to: Record<string, number> = {
    ArrowDown: at + 1,
    j: at + 1,
    ArrowUp: at - 1,
    k: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  };
  const target = to[key];
  return target === undefined ? undefined : Math.max(0, Math.min(count - 1, target));
}

export function Rows<T>(props: Props<T>) {
  const { items, columns, keyOf, onEnd } = props;
  const body = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(40);
  const [seen, setSeen] = useState<Window>({ first: 0, last: 40 });
  const focus = useRef<number | undefined>(undefined);

  useLayoutEffect(() => {
    const look = () => {
      const element = body.current;
      if (!element) return;
      const own = parseFloat(getComputedStyle(element).getPropertyValue('--row-px')) || 40;
      setHeight(own);
      const top = element.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(-top / own) - spare);
      const last = Math.ceil((innerHeight - top) / own) + spare;
      setSeen((old) => (old.first === first && old.last === last ? old : { first, last }));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [items.length]);

  useEffect(() => {
    if (props.more && !props.busy && seen.last >= items.length - nearEnd) onEnd?.();
  }, [seen.last, items.length, props.more, props.busy]);

  // A row that the keyboard went to is focused once it is drawn.
  useLayoutEffect(() => {
    if (focus.current === undefined) return;
    const target = body.current?.querySelector<HTMLElement>(`[data-row="${focus.current}"] .row-link`);
    if (!target) return;
    focus.current = undefined;
    target.focus({ preventScroll: true });
  });

  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = (event.target as Element).closest<HTMLElement>('[data-row]');
    if (!row || !body.current) return;
    const page = Math.max(1, Math.floor(innerHeight / height) - 3);
    const target = step(event.key, Number(row.dataset['row']), page, items.length);
    if (target === undefined) return;
    event.preventDefault();
    focus.current = target;
    const top = body.current.getBoundingClientRect().top + target * height;
    const margin = height * 2;
    if (top < margin) scrollBy(0, top - margin);
    else if (top + margin > innerHeight) scrollBy(0, top + margin - innerHeight);
    setSeen((old) => ({ ...old })); // draws, so that the focus moves
  };

  const link = Math.max(0, columns.findIndex((column) => column.isLink));
  const first = Math.min(seen.first, Math.max(0, items.length - 1));
  const drawn = items.slice(first, seen.last);
  return (
    <div
      class={`rows ${props.class} ${props.stale ? 'rows-stale' : ''}`}
      role="table"
      aria-label={props.label}
      aria-rowcount={props.more ? -1 : items.length + 1}
      aria-busy={props.busy}
    >
      <div role="rowgroup" class="rows-head">
        <div role="row" aria-rowindex={1} class="rows-row">
          {columns.map((column) => (
            <div key={column.name} role="columnheader" class={`cell cell-${column.name}`}>
              {column.title}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" ref={body} class="rows-body" style={{ height: `${items.length * height}px` }} onKeyDown={onKey}>
        {drawn.map((item, i) => (
          <div
            key={keyOf(item)}
            role="row"
            aria-rowindex={first + i + 2}
            data-row={first + i}
            class={props.isChosen?.(item) ? 'rows-row rows-item rows-chosen' : 'rows-row rows-item'}
            style={{ top: `${(first + i) * height}px` }}
          >
            {columns.map((column, c) => (
              <div key={column.name} role="cell" class={`cell cell-${column.name}`}>
                {c === link ? <RowLink {...props} item={item} column={column} /> : column.cell(item)}
              </div>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function RowLink<T>({ item, column, hrefOf, onOpen }: Props<T> & { item: T; column: Column<T> }) {
  const href = hrefOf?.(item);
  if (href !== undefined) {
    return (
      <a class="row-link" href={href}>
        {column.cell(item)}
      </a>
    );
  }
  if (!onOpen) return <>{column.cell(item)}</>;
  return (
    <button type="button" class="row-link" onClick={() => onOpen(item)}>
      {column.cell(item)}
    </button>
  );
}
