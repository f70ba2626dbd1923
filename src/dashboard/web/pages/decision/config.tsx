// SPDX-License-Identifier: Apache-2.0
//
// What the image says about itself. None of it has to be true.
import type { ComponentChildren } from 'preact';
import type { Decision, ImageConfig } from '../../base/types';
import { Fact, Facts, Panel } from '../../ui/page';
import { Mono, OnDemand, Text } from '../../ui/text';

export function ConfigPanel({ decision }: { decision: Decision }) {
  if (decision.about === 'name') return null;
  return (
    <Panel title="What the image says of itself">
      {decision.config ? <Config config={decision.config} /> : <p class="dim">Its config is no longer in the store.</p>}
    </Panel>
  );
}

function Config({ config }: { config: ImageConfig }) {
  const labels = Object.entries(config.labels);
  return (
    <div class="stack-small">
      <Facts>
        <Said name="Platform" text={config.platform} />
        <Said name="Created" text={config.created} />
        <Said name="Author" text={config.author} />
        <Said name="User" text={config.user || 'root, as none is named'} />
        <Several name="Entrypoint" items={config.entrypoint} />
        <Several name="Command" items={config.cmd} />
        <Several name="Ports" items={config.exposed_ports} />
        <Several name="Environment" items={config.env} />
        {labels.length > 0 && <Several name="Labels" items={labels.map(([key, value]) => `${key}=${value}`)} />}
      </Facts>
      {config.history.length > 0 && (
        <>
          <h3>How it was built</h3>
          <ol class="history">
            {config.history.map((step, i) => (
              <li key={i} class={step.empty_layer ? 'dim' : ''}>
                <Mono of={step.created_by || '(nothing said)'} most={160} />
                {step.comment !== '' && (
                  <span class="small dim">
                    {' '}
                    <Text of={step.comment} most={80} />
                  </span>
                )}
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

function Said({ name, text }: { name: string; text: string }) {
  if (text === '') return null;
  return (
    <Fact name={name}>
      <Text of={text} most={200} />
    </Fact>
  );
}

const most = 6;

function Several({ name, items }: { name: string; items: readonly string[] }) {
  if (items.length === 0) return null;
  const list = (shown: readonly string[]): ComponentChildren =>
    shown.map((item, i) => (
      <li key={i}>
        <Mono of={item} most={120} />
      </li>
    ));
  return (
    <Fact name={name}>
      <ul>{list(items.slice(0, most))}</ul>
      {items.length > most && <OnDemand label={`${items.length - most} more`}>{() => <ul>{list(items.slice(most))}</ul>}</OnDemand>}
    </Fact>
  );
}
