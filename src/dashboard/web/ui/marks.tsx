// SPDX-License-Identifier: Apache-2.0
//
// Decisions and severities: shape, word and colour, always the same three.
import type { ComponentType } from 'preact';
import type { Action, Severity } from '../base/types';
import { Critical, High, HollowStop, Info, Low, Medium, Passed, Stop, Warning } from './icons';

const severities: Record<Severity, ComponentType> = { critical: Critical, high: High, medium: Medium, low: Low, info: Info };

/** Worst first. */
export const severityNames: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

export function SeverityMark({ of }: { of: Severity }) {
  const Shape = severities[of] ?? Info;
  return (
    <span class={`mark severity-${of}`}>
      <Shape /> {of}
    </span>
  );
}

export const actionWords: Record<Action, string> = { block: 'blocked', warn: 'warned', allow: 'allowed' };
const actions: Record<Action, ComponentType> = { block: Stop, warn: Warning, allow: Passed };

/** What a reason asks for: it blocks, it warns. */
const reasonWords: Record<Action, string> = { block: 'blocks', warn: 'warns', allow: 'passes' };

export function ReasonMark({ of }: { of: Action }) {
  const Shape = actions[of] ?? Info;
  return (
    <span class={`mark action-${of}`}>
      <Shape /> {reasonWords[of] ?? of}
    </span>
  );
}

/** `wouldBlock`: served in audit mode although it would have been blocked. */
export function ActionMark({ of, wouldBlock = false }: { of: Action; wouldBlock?: boolean }) {
  if (wouldBlock && of !== 'block') {
    return (
      <span class="mark action-would-block">
        <HollowStop /> would block
      </span>
    );
  }
  const Shape = actions[of] ?? Info;
  return (
    <span class={`mark action-${of}`}>
      <Shape /> {actionWords[of] ?? of}
    </span>
  );
}

/** ATT&CK: `T1496`, `T1036.005`. Anything else is only text. */
export function Technique({ id }: { id: string }) {
  if (!/^T\d{4}(\.\d{3})?$/.test(id)) return null;
  return (
    <a class="tag" href={`https://attack.mitre.org/techniques/${id.replace('.', '/')}/`} target="_blank" rel="noreferrer noopener">
      {id}
    </a>
  );
}
