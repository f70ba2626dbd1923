// SPDX-License-Identifier: Apache-2.0
//
// How clients come to pull through here and nowhere else, and whether that works.
import { address } from '../../base/api';
import { useResource } from '../../base/resource';
import { useFilters } from '../../base/router';
import type { ClientConfig } from '../../base/types';
import { Choice } from '../../ui/field';
import { Page, Panel } from '../../ui/page';
import { TextFilter } from '../../ui/search';
import { Loaded } from '../../ui/state';
import { CodeBlock, Mono, Text } from '../../ui/text';
import { CanaryPanel } from './canary';
import { paragraphs } from './notes';

const clients = [
  ['docker', 'Docker'],
  ['containerd', 'containerd'],
  ['podman', 'Podman'],
  ['kubernetes', 'Kubernetes'],
  ['buildkit', 'BuildKit'],
] as const;
type Client = (typeof clients)[number][0];

export function SetupPage() {
  const { get, set } = useFilters();
  const client = clients.find(([name]) => name === get('client'))?.[0] ?? 'docker';
  const config = useResource<ClientConfig>(address('/client-config', { client, url: get('url') }));
  return (
    <Page title="Clients and setup">
      <div class="stack">
        <CanaryPanel />
        <Panel title="Point a client here">
          <div class="stack">
            <div class="row setup-bar">
              <Choice<Client>
                label="Client"
                value={client}
                options={clients}
                onChange={(name) => set({ client: name === 'docker' ? '' : name })}
              />
              <TextFilter
                label="Where clients find Portcullis"
                hint={config.data?.url ?? 'https://registry.example.com'}
                value={get('url')}
                onChange={(url) => set({ url }, 'same')}
              />
            </div>
            <Loaded of={config} lines={14}>
              {(data) => <Config config={data} />}
            </Loaded>
          </div>
        </Panel>
      </div>
    </Page>
  );
}

function Config({ config }: { config: ClientConfig }) {
  return (
    <div class="stack">
      {config.notes.length > 0 && (
        <div class="notice">
          {paragraphs(config.notes).map((paragraph, i) => (
            <p key={i}>
              <Text of={paragraph} most={2000} />
            </p>
          ))}
        </div>
      )}
      {config.files.map((file) => (
        <section key={file.path} class="stack-small">
          <h3>
            <Mono of={file.path} />
          </h3>
          <CodeBlock text={file.content} what={file.path} />
        </section>
      ))}
      <p class="small dim">
        The same on a machine of a client: <code>portcullis client-config {config.client} --url {config.url} --directory /</code>.
        Afterwards <code>portcullis doctor</code> says there whether a pull can go past the gate.
      </p>
    </div>
  );
}
