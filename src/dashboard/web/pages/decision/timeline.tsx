// SPDX-License-Identifier: Apache-2.0
import type { Decision, Moment } from '../../base/types';
import { Panel } from '../../ui/page';
import { Text } from '../../ui/text';
import { Time } from '../../ui/time';

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

export function TimelinePanel({ decision }: { decision: Decision }) {
  return (
    <Panel title="What happened">
      <ol class="timeline">
        {shortened(decision.timeline).map((moment, i) => (
          <li key={i}>
            <Time at={moment.at} />
            <div>
              <strong>{moment.what.replaceAll('-', ' ')}</strong> <Text of={moment.text} most={140} />
              {moment.decision !== '' && moment.decision !== decision.id && (
                <>
                  {' '}
                  <a href={`/reports/${encodeURIComponent(moment.decision)}`}>report</a>
                </>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
