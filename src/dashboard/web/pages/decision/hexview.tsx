// SPDX-License-Identifier: Apache-2.0
import { Fragment } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { clipped, visible } from '../../base/text';
import type { MatchedString } from '../../base/types';
import { hexRows } from './hex';
import type { HexCell } from './hex';

/** Pixels that rows of sixteen and of eight bytes need. */
const wide = 560;
const narrow = 310;

/** Sixteen bytes a row, or fewer where there is no room. */
function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(16);
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const { width: room } = entry.contentRect;
      setWidth(room < narrow ? 4 : room < wide ? 8 : 16);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}

/** Neighbours that are alike, so that a row is a few texts and not sixteen. */
function runs(cells: readonly HexCell[]): { matched: boolean; cells: HexCell[] }[] {
  const found: { matched: boolean; cells: HexCell[] }[] = [];
  for (const cell of cells) {
    const last = found[found.length - 1];
    if (last && last.matched === cell.matched) last.cells.push(cell);
    else found.push({ matched: cell.matched, cells: [cell] });
  }
  return found;
}

export function HexView({ match }: { match: MatchedString }) {
  const { element, width } = useWidth();
  const rows = hexRows(match.before_hex ?? '', match.hex, match.after_hex ?? '', match.offset, width);
  return (
    <div class="hex" ref={element}>
      <p class="unseen">Matched: {clipped(visible(match.text), 300)}</p>
      <div class="hex-rows" aria-hidden="true">
        {rows.map((row) => (
          <div key={row.offset} class="hex-row">
            <span class="hex-offset">{row.offset.toString(16).padStart(8, '0')}</span>
            <span class="hex-bytes">
              {runs(row.cells).map((run, i) => {
                const text = run.cells.map((cell) => cell.hex || '  ').join(' ');
                return (
                  <Fragment key={i}>
                    {i > 0 && ' '}
                    {run.matched ? <mark>{text}</mark> : <span>{text}</span>}
                  </Fragment>
                );
              })}
            </span>
            <span class="hex-text">
              {runs(row.cells).map((run, i) => {
                const text = run.cells.map((cell) => cell.character).join('');
                return run.matched ? <mark key={i}>{text}</mark> : <span key={i}>{text}</span>;
              })}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}
