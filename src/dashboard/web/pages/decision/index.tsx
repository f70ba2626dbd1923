// SPDX-License-Identifier: Apache-2.0
//
// One decision: what the client was told, why, where it was found, who else is affected, and what can be done.
import { useRef, useState } from 'preact/hooks';
import { post } from '../../base/api';
import { useEvents } from '../../base/live';
import { useAct, useResource } from '../../base/resource';
import { useIsOperator } from '../../base/session';
import { clipped, imageReference, visible } from '../../base/text';
import type { Decision } from '../../base/types';
import { useAnnounce } from '../../ui/announce';
import { Button } from '../../ui/button';
import { ActionMark } from '../../ui/marks';
import { Fact, Facts, Page, Panel } from '../../ui/page';
import { PullersPanel } from '../../ui/pullers';
import { Empty, Failure, Skeleton } from '../../ui/state';
import { CodeBlock, Digest, Mono } from '../../ui/text';
import { Time } from '../../ui/time';
import { WaiverDialog } from '../../ui/waiver';
import type { PageProps } from '..';
import { ConfigPanel } from './config';
import { NamesPanel } from './names';
import { ReasonsPanel } from './reasons';
import { TimelinePanel } from './timeline';
import { FoundPanel } from './found';

export function DecisionPage({ parameters }: PageProps) {
  const id = parameters['id'] ?? '';
  const decision = useResource<Decision>(`/decisions/${encodeURIComponent(id)}`);
  const { data, problem } = decision;
  const timer = useRef(0);
  useEvents((event) => {
    if (!data || data.manifest === '' || event.manifest !== data.manifest) return;
    clearTimeout(timer.current);
    timer.current = window.setTimeout(decision.reload, 500);
  });
  if (!data) {
    return (
      <Page title={`Report ${clipped(visible(id), 40)}`}>
        {problem?.kind === 'missing' && (
          <Empty title="There is no such report">
            <p>Its number may be mistyped, or it is older than reports are kept.</p>
            <p>
              <a href="/pulls?action=block">Blocked pulls</a>
            </p>
          </Empty>
        )}
        {problem && problem.kind !== 'missing' && <Failure problem={problem} retry={decision.reload} />}
        {!problem && <Skeleton lines={14} />}
      </Page>
    );
  }
  return (
    <Page
      title={clipped(visible(imageReference(data.name, data.reference)), 120)}
      beside={<Actions decision={data} onChange={decision.reload} />}
    >
      <div class="stack">
        {problem && <Failure problem={problem} retry={decision.reload} />}
        <Verdict decision={data} />
        <div class="decision-columns">
          <div class="stack">
            <ReasonsPanel decision={data} />
            <NamesPanel decision={data} />
            <FoundPanel decision={data} />
          </div>
          <div class="stack">
            <PullersPanel pullers={data.pullers} manifest={data.manifest} blocked={data.action === 'block'} />
            <TimelinePanel decision={data} />
            <ConfigPanel decision={data} />
          </div>
        </div>
      </div>
    </Page>
  );
}

function Verdict({ decision }: { decision: Decision }) {
  return (
    <Panel
      title={<ActionMark of={decision.action} wouldBlock={decision.would_block} />}
      beside={
        <span class="dim small">
          report <code>{visible(decision.id)}</code> · <Time at={decision.at} as="full" />
        </span>
      }
      class={`verdict verdict-${decision.action}`}
    >
      <div class="stack-small">
        {!decision.current && decision.current_decision !== '' && (
          <p class="notice">
            This is what was decided then. <a href={`/reports/${encodeURIComponent(decision.current_decision)}`}>What holds now</a>
          </p>
        )}
        {decision.client_line !== '' && (
          <>
            <p class="small dim">{decision.action === 'block' ? 'The client was told' : 'The client would have been told'}</p>
            <CodeBlock text={decision.client_line} what="what the client was told" />
          </>
        )}
        {decision.client_line === '' && decision.summary === '' && <p>Nothing was found. It is served.</p>}
        {decision.client_line === '' && decision.summary !== '' && <CodeBlock text={decision.summary} what="the summary" />}
        <Facts>
          {decision.manifest !== '' && (
            <Fact name="Manifest">
              <Digest of={decision.manifest} />
            </Fact>
          )}
          {decision.manifest === '' && <Fact name="Manifest">none: its name was enough, and no registry was asked</Fact>}
          {decision.profile !== '' && (
            <Fact name="Rules, policy">
              <Mono of={decision.profile} />, <Mono of={decision.policy} />
            </Fact>
          )}
        </Facts>
      </div>
    </Panel>
  );
}

function Actions({ decision, onChange }: { decision: Decision; onChange(): void }) {
  const isOperator = useIsOperator();
  const announce = useAnnounce();
  const [waiving, setWaiving] = useState(false);
  const rescan = useAct(async () => {
    const { host, repository, manifest } = decision;
    const { queued } = await post<{ queued: boolean }>('/images/rescan', { host, repository, digest: manifest });
    announce(queued ? 'It is scanned again; the new decision will appear here' : 'It is being scanned already');
  });
  if (!isOperator) return null;
  const blocks = decision.action === 'block' || decision.would_block;
  return (
    <div class="stack-small">
      <div class="row">
        {decision.manifest !== '' && (
          <Button busy={rescan.busy} onClick={() => void rescan.run()}>
            Scan again
          </Button>
        )}
        {blocks && decision.current && (
          <Button kind="main" onClick={() => setWaiving(true)}>
            Let it through…
          </Button>
        )}
      </div>
      {rescan.problem && <Failure problem={rescan.problem} />}
      {waiving && (
        <WaiverDialog
          title="Let this image through"
          terms={{ report: decision.id }}
          onClose={() => setWaiving(false)}
          onDone={() => {
            setWaiving(false);
            onChange();
          }}
        />
      )}
    </div>
  );
}
