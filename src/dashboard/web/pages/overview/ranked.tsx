// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { number } from '../../base/text';
import { Panel } from '../../ui/page';
import { Empty } from '../../ui/state';
import { Line } from '../../ui/text';

export interface RankedRow {
  key: string;
  text: string;
  /** In front of the text, such as what kind of rule it is. */
  kind?: string;
  count: number;
  href: string;
}

interface Props {
  title: string;
  rows: readonly RankedRow[];
  nothing: ComponentChildren;
}

/** The most frequent ones, each with a bar. */
export function RankedPanel({ title, rows, nothing }: Props) {
  const most = Math.max(1, ...rows.map((row) => row.count));
  return (
    <Panel title={title} class="ranked">
      {rows.length === 0 && <Empty title="None">{nothing}</Empty>}
      <ol>
        {rows.map((row) => (
          <li key={row.key} class="ranked-row">
            <div class="ranked-text">
              {row.kind && <span class="dim small">{row.kind}</span>}
              <a href={row.href}>
                <Line of={row.text} />
              </a>
            </div>
            <span class="number">{number(row.count)}</span>
            <div class="bar" style={{ width: `${(100 * row.count) / most}%` }} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}
