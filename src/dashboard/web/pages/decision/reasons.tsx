// SPDX-License-Identifier: Apache-2.0
import type { Decision, Reason, Waiver } from '../../base/types';
import { ReasonMark, SeverityMark } from '../../ui/marks';
import { Panel } from '../../ui/page';
import { Empty } from '../../ui/state';
import { Text } from '../../ui/text';
import { Time } from '../../ui/time';
import { TermsOf } from '../../ui/waiver';

export function ReasonsPanel({ decision }: { decision: Decision }) {
  const waivers = decision.waivers ?? [];
  return (
    <Panel title="Why">
      {decision.reasons.length === 0 && <Empty title="Nothing speaks against this image" />}
      <ul class="reasons">
        {decision.reasons.map((reason, i) => (
          <ReasonLine key={i} reason={reason} />
        ))}
      </ul>
      {waivers.length > 0 && (
        <div class="stack-small waivers-of">
          <h3>Waivers</h3>
          <ul class="stack-small">
            {waivers.map(({ used, waiver }) => (
              <WaiverLine key={waiver.id} used={used} waiver={waiver} />
            ))}
          </ul>
        </div>
      )}
    </Panel>
  );
}

function ReasonLine({ reason }: { reason: Reason }) {
  return (
    <li class="reason">
      <ReasonMark of={reason.action} />
      <SeverityMark of={reason.severity} />
      <div>
        <Text of={reason.text || reason.code} />
        {reason.waiver !== '' && (
          <span class="dim">
            {' '}
            · waived by <a href="/waivers?state=all">{reason.waiver}</a>
          </span>
        )}
      </div>
    </li>
  );
}

function WaiverLine({ used, waiver }: { used: boolean; waiver: Waiver }) {
  return (
    <li>
      <strong>{used ? 'Used' : 'Could apply'}</strong> · {waiver.state} · <TermsOf waiver={waiver} />
      <div class="small dim">
        <Text of={waiver.reason} /> — <Text of={waiver.author} most={80} />, until <Time at={waiver.expires} as="full" />
      </div>
    </li>
  );
}
