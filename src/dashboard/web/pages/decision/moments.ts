// SPDX-License-Identifier: Apache-2.0
import type { Moment } from '../../base/types';

/** One line for all blobs that were scanned, instead of one each. */
export function shortened(moments: readonly Moment[]): Moment[] {
  const kept: Moment[] = [];
  let scans = 0;
  const flush = () => {
    const last = kept[kept.length - 1];
    if (scans > 1 && last) kept[kept.length - 1] = { ...last, text: `${scans} blobs` };
    scans = 0;
  };
  for (const moment of moments) {
    if (moment.what === 'scanned' && moment.text.endsWith(': complete')) {
      if (scans > 0) kept.pop();
      scans += 1;
      kept.push({ ...moment, text: 'a blob' });
      continue;
    }
    flush();
    kept.push(moment);
  }
  flush();
  return kept;
}
