// SPDX-License-Identifier: Apache-2.0
//
// A table of any length: only the rows that are in the window are drawn. All rows are as high as --row-height of
// `.rows` says, so that nothing moves when they are filled. Arrow keys, j and k, Home and End go through it.
import { Component } from 'preact';
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
  /** Where a row leads. Like `cell` it may look at the item and at nothing else that changes. */
  hrefOf?: (item: T) => string | undefined;
  /** Instead of a link. */
  onOpen?: (item: T) => void;
  /** Asked for when the end comes near. */
  onEnd?: () => void;
  more?: boolean;
  busy?: boolean;
  /** What is shown fits filters that were changed since. */
  stale?: boolean;
}

/** Rows drawn outside of the window on each side, and by how many at a time that moves on. */
const spare = 12;
const stride = 4;
/** Rows before the end at which more are asked for: about what is scrolled through until they are there. */
const nearEnd = 200;

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
  const [held, setHeld] = useState<T>();

  useLayoutEffect(() => {
    let own = 40;
    const look = () => {
      if (!body.current) return;
      const { top } = body.current.getBoundingClientRect();
      const first = Math.max(0, Math.floor(-top / own / stride) * stride - spare);
      const last = Math.ceil((innerHeight - top) / own / stride) * stride + spare;
      setSeen((old) => (old.first === first && old.last === last ? old : { first, last }));
    };
    // Another width may be another layout; to ask for styles while scrolling would cost too much.
    const measure = () => {
      if (!body.current) return;
      own = parseFloat(getComputedStyle(body.current).getPropertyValue('--row-px')) || 40;
      setHeight(own);
      look();
    };
    measure();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', measure);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', measure);
    };
  }, [items.length]);

  useEffect(() => {
    const near = seen.last >= items.length - Math.min(nearEnd, items.length / 2);
    if (props.more && !props.busy && near) onEnd?.();
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

  const first = Math.min(seen.first, Math.max(0, items.length - 1));
  const drawn = items.slice(first, seen.last).map((item, i) => ({ item, index: first + i }));
  // The row with the focus stays when it is scrolled out of sight, or the keyboard would be thrown back to the start.
  const heldAt = held === undefined ? -1 : items.indexOf(held);
  if (held !== undefined && heldAt >= 0 && (heldAt < first || heldAt >= seen.last)) drawn.push({ item: held, index: heldAt });
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
      <div
        role="rowgroup"
        ref={body}
        class="rows-body"
        style={{ height: `${items.length * height}px` }}
        onKeyDown={onKey}
        onFocusIn={(event) => setHeld(items[Number((event.target as Element).closest<HTMLElement>('[data-row]')?.dataset['row'] ?? -1)])}
        onFocusOut={() => setHeld(undefined)}
      >
        {drawn.map(({ item, index }) => (
          <Row
            key={keyOf(item)}
            item={item}
            index={index}
            height={height}
            columns={columns}
            hrefOf={props.hrefOf}
            onOpen={props.onOpen}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps<T> {
  item: T;
  index: number;
  height: number;
  columns: readonly Column<T>[];
  hrefOf: ((item: T) => string | undefined) | undefined;
  onOpen: ((item: T) => void) | undefined;
}

/** Drawn again only when it is another item or stands elsewhere: most rows stay as they are while others come and go. */
class Row<T> extends Component<RowProps<T>> {
  override shouldComponentUpdate(next: RowProps<T>): boolean {
    const { item, index, height, columns } = this.props;
    return item !== next.item || index !== next.index || height !== next.height || columns !== next.columns;
  }

  render({ item, index, height, columns, hrefOf, onOpen }: RowProps<T>) {
    const link = Math.max(0, columns.findIndex((column) => column.isLink));
    return (
      <div role="row" aria-rowindex={index + 2} data-row={index} class="rows-row rows-item" style={{ top: `${index * height}px` }}>
        {columns.map((column, c) => (
          <div key={column.name} role="cell" class={`cell cell-${column.name}`}>
            {c === link ? linked(column.cell(item), hrefOf?.(item), onOpen && (() => onOpen(item))) : column.cell(item)}
          </div>
        ))}
      </div>
    );
  }
}

function linked(text: ComponentChildren, href: string | undefined, open: (() => void) | undefined): ComponentChildren {
  if (href !== undefined) {
    return (
      <a class="row-link" href={href}>
        {text}
      </a>
    );
  }
  if (!open) return text;
  return (
    <button type="button" class="row-link" onClick={open}>
      {text}
    </button>
  );
}
