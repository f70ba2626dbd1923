// SPDX-License-Identifier: Apache-2.0
//
// Who else asked for the image, and above all: was anyone served it?
import { counted } from '../base/text';
import type { Puller } from '../base/types';
import { ActionMark } from './marks';
import { Panel } from './page';
import { Text } from './text';
import { Time } from './time';

const most = 8;

interface Props {
  pullers: readonly Puller[];
  /** Empty where a name was blocked. */
  manifest: string;
  /** It is bad: that somebody got it is worth a notice. */
  blocked: boolean;
}

export function PullersPanel({ pullers, manifest, blocked }: Props) {
  const served = pullers.filter((puller) => puller.action !== 'block');
  const clients = new Set(served.map((puller) => `${puller.user} ${puller.client}`)).size;
  const all = `/pulls?manifest=${encodeURIComponent(manifest)}`;
  return (
    <Panel title="Who pulled it" beside={manifest !== '' && pullers.length > 0 && <a href={all}>All pulls</a>}>
      <div class="stack-small">
        {clients > 0 ? (
          <p class={blocked ? 'notice' : ''}>
            <strong>{counted(clients, 'client')} got it</strong>, the last <Time at={lastOf(served)} as="relative" />.
          </p>
        ) : (
          <p>Nobody was served it through this gate.</p>
        )}
        {pullers.length > 0 && (
          <ul class="pullers">
            {pullers.slice(0, most).map((puller, i) => (
              <li key={i} class="puller">
                <ActionMark of={puller.action} />
                <div class="puller-who">
                  <Text of={puller.user ? `${puller.user} · ${puller.client}` : puller.client} most={100} />
                  <div class="small dim">
                    <Text of={puller.agent} most={80} />
                  </div>
                </div>
                <div class="puller-when small dim number">
                  <Time at={puller.last} />
                  <div>{counted(puller.requests, 'request')}</div>
                </div>
              </li>
            ))}
          </ul>
        )}
        {pullers.length > most && <p class="small dim">and {counted(pullers.length - most, 'other')}</p>}
      </div>
    </Panel>
  );
}

function lastOf(pullers: readonly Puller[]): string {
  return pullers.reduce((last, puller) => (puller.last > last ? puller.last : last), '');
}
