// SPDX-License-Identifier: Apache-2.0
//
// Who asked for what and what became of it, as it happens.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { address, prefix } from '../../base/api';
import { useEvents } from '../../base/live';
import { usePages } from '../../base/pages';
import type { Pages } from '../../base/pages';
import { useFilters } from '../../base/router';
import { counted } from '../../base/text';
import type { Event, Pull } from '../../base/types';
import { Button } from '../../ui/button';
import { ActionMark } from '../../ui/marks';
import { Page } from '../../ui/page';
import { Rows } from '../../ui/rows';
import type { Column } from '../../ui/rows';
import { Empty, Failure, ListEnd, ListSkeleton } from '../../ui/state';
import { ImageName, Line } from '../../ui/text';
import { Time } from '../../ui/time';
import { FilterBar, readFilters } from './filters';
import { isAction, keyOf, pullEvents, rowOf, sourceOf } from './rows';
import type { PullRow } from './rows';

const columns: readonly Column<PullRow>[] = [
  { name: 'action', title: 'Decision', cell: (row) => <ActionMark of={row.action} /> },
  { name: 'image', title: 'Image', isLink: true, cell: (row) => <ImageName name={row.name} reference={row.reference} /> },
  { name: 'why', title: 'Why', cell: (row) => (row.summary ? <Line of={row.summary} /> : <span class="dim">clean</span>) },
  { name: 'client', title: 'Client', cell: (row) => <Line of={row.user ? `${row.user} · ${row.client}` : row.client} /> },
  { name: 'time', title: 'Last asked', cell: (row) => <Time at={row.at} /> },
];

const titles = { block: 'Blocked pulls', warn: 'Warned pulls', allow: 'Allowed pulls', '': 'All pulls' } as const;
const scrolled = () => scrollY > 120;

export function PullsPage() {
  const filters = useFilters();
  const read = readFilters(filters);
  const source = sourceOf(read);
  const list = usePages<Pull | Event>(source.path, source.query, source.member, keyOf);
  const rows = useMemo(() => list.items.map(rowOf), [list.items]);
  useNews(list);
  const toNewest = () => {
    scrollTo(0, 0);
    list.refresh();
  };
  const action = isAction(read.action) ? read.action : '';
  const onlyPulls = source.path === '/pulls';
  return (
    <Page title={titles[action]} beside={onlyPulls && <Export query={source.query} />}>
      <FilterBar filters={filters} read={read} />
      {list.problem && <Failure problem={list.problem} retry={list.retry} />}
      <div class="news" aria-live="polite">
        {list.waiting > 0 && (
          <Button kind="main" onClick={toNewest}>
            {counted(list.waiting, 'new pull')}
          </Button>
        )}
      </div>
      {rows.length > 0 && (
        <Rows
          label={titles[action]}
          class="pulls"
          columns={columns}
          items={rows}
          keyOf={(row) => row.key}
          hrefOf={(row) => (row.decision === '' ? undefined : `/reports/${encodeURIComponent(row.decision)}`)}
          onEnd={list.loadMore}
          more={list.more}
          busy={list.loading}
          stale={!list.current}
        />
      )}
      {rows.length === 0 && list.loading && <ListSkeleton />}
      {rows.length === 0 && !list.loading && !list.problem && <Nothing isNarrowed={location.search.length > 0} />}
      <ListEnd of={list} one="row">
        {!onlyPulls && ' · by severity, each block is shown by itself as it was recorded, and there is no export'}
      </ListEnd>
    </Page>
  );
}

function Nothing({ isNarrowed }: { isNarrowed: boolean }) {
  return (
    <Empty title="No such pulls">
      {isNarrowed && (
        <p>
          Nothing fits these filters. <a href="/pulls">All pulls</a>
        </p>
      )}
      {!isNarrowed && (
        <p>
          Nobody has pulled anything yet. <a href="/setup">Point a client here</a>
        </p>
      )}
    </Empty>
  );
}

function Export({ query }: { query: Record<string, string | number | undefined> }) {
  const target = (format: string) => address(`${prefix}/export`, { ...query, format });
  return (
    <div class="row small">
      <span class="dim">The newest 10,000 as</span>
      <a href={target('csv')} download="portcullis-pulls.csv">
        CSV
      </a>
      <a href={target('jsonl')} download="portcullis-pulls.jsonl">
        JSON lines
      </a>
    </div>
  );
}

/** Looks again when something happened; a list that was scrolled waits for its reader. */
function useNews<T>(list: Pages<T>): void {
  const timer = useRef(0);
  const newest = useRef(list);
  newest.current = list;
  useEffect(() => () => clearTimeout(timer.current), []);
  useEvents(() => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => (scrolled() ? newest.current.look() : newest.current.refresh()), 300);
  }, pullEvents);
  useEffect(() => {
    if (list.waiting > 0 && !scrolled()) list.refresh();
  }, [list.waiting]);
}
