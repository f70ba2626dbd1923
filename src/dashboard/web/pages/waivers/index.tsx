// SPDX-License-Identifier: Apache-2.0
//
// Exceptions: which hold, which end soon, which are over and why they were made.
import { useMemo, useState } from 'preact/hooks';
import { address, post } from '../../base/api';
import { useEvents } from '../../base/live';
import { usePages } from '../../base/pages';
import { useFilters } from '../../base/router';
import { useIsOperator } from '../../base/session';
import { counted } from '../../base/text';
import type { Waiver } from '../../base/types';
import { useAnnounce } from '../../ui/announce';
import { Button } from '../../ui/button';
import { Choice } from '../../ui/field';
import { Cross, Low, Passed, Warning } from '../../ui/icons';
import { Page } from '../../ui/page';
import { ReasonDialog } from '../../ui/reason';
import { Empty, Failure, Skeleton } from '../../ui/state';
import { Text } from '../../ui/text';
import { Time, useNow } from '../../ui/time';
import { TermsOf } from '../../ui/waiver';
import { NewWaiverDialog } from './new';
import { endsSoon, orderedFor, queryOf, soonDays, viewOf } from './states';
import type { WaiverView } from './states';

const views: readonly (readonly [WaiverView, string])[] = [
  ['active', 'Active'],
  ['soon', 'Ending soon'],
  ['expired', 'Expired'],
  ['revoked', 'Revoked'],
  ['all', 'All'],
];

const changes = ['waiver-added', 'waiver-revoked', 'waiver-expired'];

export function WaiversPage() {
  const { get, set } = useFilters();
  const view = viewOf(get('state'));
  const isOperator = useIsOperator();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Waiver>();
  const query = useMemo(() => queryOf(view, new Date()), [view]);
  const list = usePages<Waiver>('/waivers', query, 'waivers', (waiver) => waiver.id);
  useEvents(list.reload, changes);
  const items = useMemo(() => orderedFor(view, list.items), [view, list.items]);
  return (
    <Page
      title="Waivers"
      beside={
        isOperator && (
          <Button kind="main" onClick={() => setCreating(true)}>
            New waiver…
          </Button>
        )
      }
    >
      <div class="row filter-row">
        <Choice<WaiverView>
          label="State"
          value={view}
          options={views}
          onChange={(state) => set({ state: state === 'active' ? '' : state })}
        />
      </div>
      {list.problem && <Failure problem={list.problem} retry={list.retry} />}
      {list.items.length > 0 && (
        <ul class={list.current ? 'waivers' : 'waivers rows-stale'}>
          {items.map((waiver) => (
            <Item key={waiver.id} waiver={waiver} onRevoke={() => setRevoking(waiver)} />
          ))}
        </ul>
      )}
      {list.items.length === 0 && list.loading && <Skeleton lines={10} />}
      {list.items.length === 0 && !list.loading && !list.problem && <Nothing view={view} />}
      {list.more && (
        <p class="list-end">
          <Button busy={list.loading} onClick={list.loadMore}>
            Older waivers
          </Button>
        </p>
      )}
      {creating && (
        <NewWaiverDialog
          onClose={() => setCreating(false)}
          onDone={() => {
            setCreating(false);
            list.reload();
          }}
        />
      )}
      {revoking && (
        <RevokeDialog
          waiver={revoking}
          onClose={() => setRevoking(undefined)}
          onDone={() => {
            setRevoking(undefined);
            list.reload();
          }}
        />
      )}
    </Page>
  );
}

function StateMark({ waiver }: { waiver: Waiver }) {
  const now = useNow();
  if (waiver.state === 'revoked') return <span class="mark dim"><Cross /> revoked</span>;
  if (waiver.state === 'expired') return <span class="mark dim"><Low /> expired</span>;
  if (endsSoon(waiver, now)) return <span class="mark action-warn"><Warning /> ends soon</span>;
  return <span class="mark action-allow"><Passed /> active</span>;
}

function Item({ waiver, onRevoke }: { waiver: Waiver; onRevoke(): void }) {
  const isOperator = useIsOperator();
  return (
    <li class="waiver-item">
      <div>
        <StateMark waiver={waiver} />
        <div class="small dim">
          {waiver.state === 'active' ? 'ends ' : waiver.state === 'expired' ? 'ended ' : 'would have ended '}
          <Time at={waiver.expires} as="relative" />
        </div>
      </div>
      <div class="stack-small">
        <TermsOf waiver={waiver} />
        <p>
          <Text of={waiver.reason} />
        </p>
        <p class="small dim">
          <Text of={waiver.author} most={60} /> <Time at={waiver.created} /> · until <Time at={waiver.expires} as="full" /> ·{' '}
          <a href={address('/images', { waiver: waiver.id })}>images that lean on it</a>
        </p>
        {waiver.state === 'revoked' && (
          <p class="small dim">
            Revoked by <Text of={waiver.revoked_by} most={60} /> <Time at={waiver.revoked} />: <Text of={waiver.revoked_why} />
          </p>
        )}
      </div>
      {isOperator && waiver.state === 'active' && <Button onClick={onRevoke}>Revoke…</Button>}
    </li>
  );
}

function RevokeDialog({ waiver, onClose, onDone }: { waiver: Waiver; onClose(): void; onDone(): void }) {
  const announce = useAnnounce();
  return (
    <ReasonDialog
      title="Revoke the waiver"
      hint="It is recorded with your name. What leans on the waiver is blocked from now on; who was served it before is told by an alert."
      action="Revoke"
      kind="danger"
      onClose={onClose}
      work={async (reason) => {
        await post(`/waivers/${encodeURIComponent(waiver.id)}/revoke`, { reason });
        announce('The waiver is revoked');
        onDone();
      }}
    >
      <TermsOf waiver={waiver} />
    </ReasonDialog>
  );
}

const nothing: Record<WaiverView, string> = {
  active: 'No exception holds. What is blocked is blocked for everybody.',
  soon: `No waiver ends in the next ${counted(soonDays, 'day')}.`,
  expired: 'No waiver has come to its end.',
  revoked: 'No waiver was ended before its time.',
  all: 'Nobody has signed one yet. A report has a button that makes the narrowest one.',
};

function Nothing({ view }: { view: WaiverView }) {
  return (
    <Empty title="No such waivers">
      <p>{nothing[view]}</p>
    </Empty>
  );
}
