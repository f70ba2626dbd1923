// SPDX-License-Identifier: Apache-2.0
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { address } from '../../base/api';
import { useEvents } from '../../base/live';
import { useResource } from '../../base/resource';
import type { Resource } from '../../base/resource';
import { useFilters } from '../../base/router';
import { rangeName, ranges } from '../../base/time';
import type { RangeName } from '../../base/time';
import type { Overview, Ranked, RankedSquat, Status } from '../../base/types';
import { Choice } from '../../ui/field';
import { Page, Panel } from '../../ui/page';
import { Failure, Skeleton } from '../../ui/state';
import { AlertsPanel } from './alerts';
import { Chart } from './chart';
import { NowPanel } from './now';
import { ProtectionPanel } from './protection';
import { RankedPanel } from './ranked';
import { codeOf, filled } from './series';

const choices = (Object.keys(ranges) as RangeName[]).map((name) => [name, name] as const);
const minute = 60_000;
const statusEvery = 3000;

/** The time to the minute; looked at again when a minute is over, and by `look`. */
function useMinute(): [number, () => void] {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && setNow(Date.now()), minute);
    return () => clearInterval(timer);
  }, []);
  return [now, () => setNow(Date.now())];
}

export function OverviewPage() {
  const { get, set } = useFilters();
  const name = rangeName(get('range'), '24h');
  const range = ranges[name];
  const [now, look] = useMinute();
  const from = new Date(now - range.milliseconds).toISOString();
  const path = address('/overview', { from, width: range.hours, limit: 8 });
  const overview = useResource<Overview>(path, { meanwhile: 'old' });
  const status = useResource<Status>('/status', { every: statusEvery, meanwhile: 'old' });
  const timer = useRef(0);
  useEvents(() => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(look, 1500);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <Page
      title="Overview"
      beside={<Choice label="Period" value={name} options={choices} onChange={(range) => set({ range: range === '24h' ? '' : range })} />}
    >
      {overview.problem && <Failure problem={overview.problem} retry={overview.reload} />}
      {/* Whether there are alerts above it is known before any of this is drawn, so that nothing moves down. */}
      {!overview.data && !overview.problem && <Skeleton lines={16} />}
      {overview.data && (
        <div class="stack">
          <AlertsPanel overview={overview.data} onChange={look} />
          <div class="overview-columns">
            <div class="stack">
              <Panel title={range.label} class="chart-panel">
                <ChartOf overview={overview.data} />
              </Panel>
              <div class="columns ranked-columns">
                <Tops overview={overview.data} range={name} />
              </div>
            </div>
            <div class="stack">
              <StatusPanels status={status} overview={overview.data} />
            </div>
          </div>
        </div>
      )}
    </Page>
  );
}

function StatusPanels({ status, overview }: { status: Resource<Status>; overview: Overview }) {
  const { data, problem } = status;
  return (
    <>
      {problem && <Failure problem={problem} retry={status.reload} />}
      {data && <NowPanel status={data} />}
      {data && <ProtectionPanel status={data} overview={overview} isOld={problem !== undefined} />}
      {!data && !problem && (
        <Panel title="Protection">
          <Skeleton lines={12} />
        </Panel>
      )}
    </>
  );
}

function ChartOf({ overview }: { overview: Overview }) {
  const buckets = useMemo(() => filled(overview), [overview]);
  return <Chart buckets={buckets} widthHours={overview.width_hours} />;
}

function squatOf(squat: RankedSquat | Ranked) {
  const text = 'target' in squat && squat.target !== '' ? `${squat.name} like ${squat.target}` : squat.name;
  const href = 'target' in squat ? `text=${encodeURIComponent(squat.name)}` : `rule=${encodeURIComponent(squat.name)}`;
  return { key: text, text, count: squat.count, href: `/pulls?${href}`, ...('component' in squat ? { kind: squat.component } : {}) };
}

function Tops({ overview, range }: { overview: Overview; range: RangeName }) {
  const blocked = (filter: string, value: string) => `/pulls?action=block&range=${range}&${filter}=${encodeURIComponent(value)}`;
  return (
    <>
      <RankedPanel
        title="Rules that decided"
        nothing={<p>No rule matched in this time.</p>}
        rows={overview.top_rules.map((rule) => {
          const { kind, rest } = codeOf(rule.name);
          return { key: rule.name, kind, text: rest, count: rule.count, href: blocked('rule', rule.name) };
        })}
      />
      <RankedPanel
        title="Blocked most"
        nothing={<p>Nothing was blocked in this time.</p>}
        rows={overview.top_blocked.map((image) => ({
          ...{ key: image.name, text: image.name, count: image.count },
          href: blocked('text', image.name.slice(image.name.indexOf('/') + 1)),
        }))}
      />
      <RankedPanel title="Names like others" nothing={<p>No name looked like another.</p>} rows={overview.top_squats.map(squatOf)} />
    </>
  );
}
