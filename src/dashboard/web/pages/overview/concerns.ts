// SPDX-License-Identifier: Apache-2.0
import { counted } from '../../base/text';
import type { Overview, Status } from '../../base/types';

/** What the server says is wrong; of one that says nothing, what can be seen from here. */
export function concernsOf(status: Status, overview: Overview | undefined): string[] {
  if (overview?.protection) return overview.protection.concerns;
  const concerns: string[] = [];
  if (!status.scanner.ready) concerns.push('The scanner is not ready: nothing new can be served.');
  if (status.mode === 'audit') concerns.push('Audit mode: images that would be blocked are served.');
  const aside = status.scanner.set_aside.length;
  if (aside > 0) concerns.push(`${counted(aside, 'rule file')} set aside, because it could not be read.`);
  for (const upstream of status.upstreams) {
    if (!upstream.well) concerns.push(`${upstream.name} does not answer.`);
  }
  return concerns;
}
