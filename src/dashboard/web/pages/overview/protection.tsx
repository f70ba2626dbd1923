// SPDX-License-Identifier: Apache-2.0
//
// Is everything in order? What is not stands first, in words.
import type { ComponentChildren } from 'preact';
import { bytes, counted, number } from '../../base/text';
import { span } from '../../base/time';
import type { Overview, Status, Upstream } from '../../base/types';
import { Passed, Warning } from '../../ui/icons';
import { Fact, Facts, Panel } from '../../ui/page';
import { Line, Mono, OnDemand, Text } from '../../ui/text';
import { Time } from '../../ui/time';
import { concernsOf } from './concerns';

interface Props {
  status: Status;
  overview: Overview;
  /** It was the last time; now nobody answers. */
  isOld: boolean;
}

export function ProtectionPanel({ status, overview, isOld }: Props) {
  const concerns = concernsOf(status, overview);
  const { scanner, waivers } = status;
  return (
    <Panel
      title="Protection"
      beside={
        isOld ? (
          <span class="mark action-warn">
            <Warning /> not known now
          </span>
        ) : (
          <span class={concerns.length > 0 ? 'mark action-warn' : 'mark action-allow'}>
            {concerns.length > 0 ? <Warning /> : <Passed />} {concerns.length > 0 ? counted(concerns.length, 'concern') : 'in order'}
          </span>
        )
      }
    >
      <div class="stack-small">
        {concerns.map((concern) => (
          <p key={concern} class="notice">
            <Text of={concern} />
          </p>
        ))}
        <Facts>
          <Fact name="Mode">{status.mode === 'enforce' ? 'enforce: what is bad is blocked' : 'audit: nothing is blocked'}</Fact>
          <Fact name="Rules">
            <a href="/rules">
              {counted(scanner.rules, 'rule')} of {counted(scanner.rule_files, 'file')}
            </a>
            {scanner.set_aside.length > 0 && (
              <OnDemand label={`${counted(scanner.set_aside.length, 'file')} set aside`}>
                {() => (
                  <ul class="stack-small small">
                    {scanner.set_aside.map((aside) => (
                      <li key={aside.file}>
                        <Mono of={aside.file} /> <Text of={aside.message} />
                      </li>
                    ))}
                  </ul>
                )}
              </OnDemand>
            )}
          </Fact>
          <Fact name="Waivers">
            <a href="/waivers">{counted(waivers.active, 'active waiver')}</a>
          </Fact>
          <Fact name="Scanner">
            {scanner.ready ? 'ready, locked down' : 'not ready'}
            <OnDemand label={counted(scanner.protections.length, 'protection')}>
              {() => (
                <ul class="small">
                  {scanner.protections.map((protection) => (
                    <li key={protection}>
                      <Text of={protection} />
                    </li>
                  ))}
                </ul>
              )}
            </OnDemand>
          </Fact>
          <Fact name="Store">{bytes(status.store.bytes)}</Fact>
          {status.notify.map((target) => (
            <Fact key={target.name} name="Notified">
              <Text of={target.name} most={60} />: {target.behind === 0 ? 'all sent' : `${number(target.behind)} behind`}
            </Fact>
          ))}
          <Fact name="Running">
            for {span(status.uptime_seconds * 1000)}, version {status.version}
          </Fact>
        </Facts>
        <h3>Upstreams</h3>
        <ul class="upstreams">
          {status.upstreams.map((upstream) => (
            <UpstreamLine key={upstream.name} upstream={upstream} />
          ))}
        </ul>
      </div>
    </Panel>
  );
}

function UpstreamLine({ upstream }: { upstream: Upstream }) {
  const limit = upstream.rate_limit;
  return (
    <li class="upstream">
      <span class={upstream.well ? 'mark action-allow' : 'mark action-block'}>
        {upstream.well ? <Passed /> : <Warning />} {upstream.well ? 'well' : 'fails'}
      </span>
      <div>
        <Line of={upstream.name} />
        <div class="small dim">{saidOf(upstream)}</div>
        {limit && limit.remaining !== null && (
          <div class="small">
            {number(limit.remaining)}
            {limit.limit !== null && ` of ${number(limit.limit)}`} requests left of its rate limit
          </div>
        )}
      </div>
    </li>
  );
}

function saidOf(upstream: Upstream): ComponentChildren {
  if (!upstream.well) {
    return (
      <>
        {counted(upstream.failures_in_a_row, 'failure')} in a row, <Time at={upstream.last_failure} as="relative" />:{' '}
        <Text of={upstream.last_error} most={160} />
      </>
    );
  }
  if (upstream.last_success === null) return 'not asked yet';
  return (
    <>
      last answer <Time at={upstream.last_success} as="relative" />
    </>
  );
}
