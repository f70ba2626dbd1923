// SPDX-License-Identifier: Apache-2.0
import type { Severity } from './types';

const order: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];

/** Of two severities, for sorting: the worse one first. */
export function bySeverity(a: Severity, b: Severity): number {
  return order.indexOf(b) - order.indexOf(a);
}

export function worstOf(findings: readonly { severity: Severity }[]): Severity | undefined {
  return findings.map((finding) => finding.severity).sort(bySeverity)[0];
}
