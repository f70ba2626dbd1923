// SPDX-License-Identifier: Apache-2.0
//
// A harmless image that must be blocked: is the gate shut?
import { useState } from 'preact/hooks';
import { post } from '../../base/api';
import { useAct } from '../../base/resource';
import { useIsOperator } from '../../base/session';
import type { Canary } from '../../base/types';
import { Button } from '../../ui/button';
import { Passed, Warning } from '../../ui/icons';
import { Panel } from '../../ui/page';
import { Failure } from '../../ui/state';
import { CodeBlock } from '../../ui/text';

export function CanaryPanel() {
  const isOperator = useIsOperator();
  const [result, setResult] = useState<Canary>();
  const check = useAct(async () => {
    setResult(undefined);
    setResult(await post<Canary>('/canary'));
  });
  return (
    <Panel
      title="Does the gate hold?"
      beside={
        isOperator && (
          <Button kind="main" busy={check.busy} onClick={() => void check.run()}>
            {check.busy ? 'Checking…' : 'Check now'}
          </Button>
        )
      }
    >
      <div class="stack-small canary" aria-live="polite">
        {!result && !check.problem && (
          <p class="dim">
            Portcullis carries a harmless test image that every rule set must block.{' '}
            {isOperator ? 'The check pulls it as a client would.' : 'An operator can pull it as a client would.'}
          </p>
        )}
        {check.problem && <Failure problem={check.problem} />}
        {result && <Result of={result} />}
      </div>
    </Panel>
  );
}

function Result({ of }: { of: Canary }) {
  return (
    <>
      <p class={of.blocked ? 'mark action-allow' : 'mark action-block'}>
        {of.blocked ? <Passed /> : <Warning />} {of.blocked ? 'The test image was blocked, as it must be' : 'The test image was not blocked'}
      </p>
      {of.message !== '' && <CodeBlock text={of.message} what="what the client is told" />}
      {of.decision !== '' && (
        <p class="small">
          <a href={`/reports/${encodeURIComponent(of.decision)}`}>Its report</a>
        </p>
      )}
    </>
  );
}
