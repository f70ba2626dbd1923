// SPDX-License-Identifier: Apache-2.0
//
// Which rules are listed, and in which order.
import { bySeverity } from '../../base/severity';
import type { FileCost, Rule, Rules } from '../../base/types';

export type RuleState = 'active' | 'disabled';
export type RuleOrder = '' | 'cost' | 'severity' | 'name';

/** A rule with what its file costs; undefined before that was measured. */
export interface RuleRow {
  key: string;
  rule: Rule;
  state: RuleState;
  cost: FileCost | undefined;
}

export function rowsOf({ rules, cost }: Rules): RuleRow[] {
  const costs = new Map(cost?.files.map((file) => [file.file, file]));
  return rules.map((rule) => ({
    key: JSON.stringify([rule.file, rule.name]),
    rule,
    state: rule.state ?? 'active',
    cost: costs.get(rule.file),
  }));
}

const orders: Record<RuleOrder, (a: RuleRow, b: RuleRow) => number> = {
  '': (a, b) => b.rule.decisions - a.rule.decisions,
  cost: (a, b) => (b.cost?.ms_per_mb ?? 0) - (a.cost?.ms_per_mb ?? 0),
  severity: (a, b) => bySeverity(a.rule.severity, b.rule.severity),
  name: () => 0,
};

function byName(a: RuleRow, b: RuleRow): number {
  return a.rule.name === b.rule.name ? compare(a.rule.file, b.rule.file) : compare(a.rule.name, b.rule.name);
}
const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

/** `state`: only these; all when it is no state. */
export function listed(rows: readonly RuleRow[], state: string, order: string): RuleRow[] {
  const sort = Object.hasOwn(orders, order) ? orders[order as RuleOrder] : orders[''];
  const wanted = state === 'active' || state === 'disabled' ? rows.filter((row) => row.state === state) : rows;
  return [...wanted].sort((a, b) => sort(a, b) || byName(a, b));
}

/** Older servers cannot settle rules; nor can helpers be, which report nothing by themselves. */
export function canBeSettled(rule: Rule): boolean {
  return rule.own_severity !== undefined && !rule.helper;
}
