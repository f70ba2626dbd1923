// SPDX-License-Identifier: Apache-2.0
import { Button } from './button';
import { Cross } from './icons';
import { Line } from './text';

export interface Chip {
  name: string;
  value: string;
  remove(): void;
}

/** Filters that came with a link and have no field of their own. */
export function Chips({ of }: { of: readonly Chip[] }) {
  if (of.length === 0) return null;
  return (
    <div class="chips">
      {of.map((chip) => (
        <span key={chip.name} class="chip">
          {chip.name} <Line of={chip.value} most={80} />
          <Button kind="quiet" label={`Without ${chip.name}`} onClick={chip.remove}>
            <Cross />
          </Button>
        </span>
      ))}
    </div>
  );
}
