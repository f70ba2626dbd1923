// SPDX-License-Identifier: Apache-2.0
import type { Decision } from '../../base/types';
import { Panel } from '../../ui/page';
import { Text } from '../../ui/text';
import { Time } from '../../ui/time';
import { shortened } from './moments';

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
