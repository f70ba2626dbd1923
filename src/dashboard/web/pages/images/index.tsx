// SPDX-License-Identifier: Apache-2.0
//
// What was judged here, and which of it holds a layer or a file.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Query } from '../../base/api';
import { useEvents } from '../../base/live';
import { usePages } from '../../base/pages';
import { useFilters } from '../../base/router';
import type { Filters } from '../../base/router';
import type { Image } from '../../base/types';
import { Chips } from '../../ui/chips';
import { Choice, Select } from '../../ui/field';
import { Passed, Stop, Warning } from '../../ui/icons';
import { ActionMark } from '../../ui/marks';
import { Page } from '../../ui/page';
import { Rows } from '../../ui/rows';
import type { Column } from '../../ui/rows';
import { SearchField } from '../../ui/search';
import { Empty, Failure, ListEnd, ListSkeleton } from '../../ui/state';
import { ImageName, Line } from '../../ui/text';
import { Time } from '../../ui/time';
import { FilesPanel, useFileHits } from './files';
import { hrefOf } from './links';
import { kindOf, searchKinds, valueOf } from './query';
import type { SearchKind } from './query';

const columns: readonly Column<Image>[] = [
  { name: 'action', title: 'Verdict', cell: (image) => <ActionMark of={image.action} wouldBlock={image.would_block} /> },
  {
    name: 'image',
    title: 'Image',
    isLink: true,
    cell: (image) => <ImageName name={image.name} reference={image.tags[0] ?? image.manifest} />,
  },
  { name: 'why', title: 'Why', cell: (image) => (image.summary ? <Line of={image.summary} /> : <span class="dim">clean</span>) },
  { name: 'pulled', title: 'Last pulled', cell: (image) => <Time at={image.last_pull} /> },
  { name: 'decided', title: 'Decided', cell: (image) => <Time at={image.decided} /> },
];

const actions = [
  ['', 'All'],
  ['block', <><Stop /> Blocked</>],
  ['warn', <><Warning /> Warned</>],
  ['allow', <><Passed /> Allowed</>],
] as const;

const orders = [
  ['', 'Newest decision'],
  ['newest_pull', 'Newest pull'],
] as const;

const kindNames = searchKinds.map(([kind]) => kind);
const chipNames = ['host', 'repository', 'rule', 'client', 'waiver'];
const newDecision = ['image-blocked', 'image-warned', 'image-allowed'];
const keyOf = (image: Image) => JSON.stringify([image.host, image.repository, image.manifest]);

export function ImagesPage() {
  const filters = useFilters();
  const { get } = filters;
  const query: Query = Object.fromEntries(
    [...kindNames, ...chipNames, 'action', 'order'].map((name) => [name, get(name)]),
  );
  const list = usePages<Image>('/images', query, 'images', keyOf);
  useFresh(list.refresh);
  const hash = get('file_hash');
  const hits = useFileHits(hash, get('path'));
  // What stands above the list is known before it is drawn: nothing moves down.
  const isKnown = !hits?.loading || hits.data !== undefined;
  const found = isKnown ? list.items : [];
  return (
    <Page title="Images">
      <SearchBar filters={filters} />
      {list.problem && <Failure problem={list.problem} retry={list.retry} />}
      {hits?.problem && !list.problem && <Failure problem={hits.problem} retry={hits.reload} />}
      {hits?.data && <FilesPanel hits={hits.data} isByHash={hash !== ''} />}
      {found.length > 0 && (
        <Rows
          label="Images"
          class="images"
          columns={columns}
          items={found}
          keyOf={keyOf}
          hrefOf={hrefOf}
          onEnd={list.loadMore}
          more={list.more}
          busy={list.loading}
          stale={!list.current}
        />
      )}
      {found.length === 0 && (list.loading || !isKnown) && <ListSkeleton />}
      {found.length === 0 && isKnown && !list.loading && !list.problem && <Nothing isNarrowed={location.search.length > 0} />}
      {isKnown && <ListEnd of={list} one="image" />}
    </Page>
  );
}

/** Looks again after new decisions, unless somebody reads further down. */
function useFresh(refresh: () => void) {
  const timer = useRef(0);
  const newest = useRef(refresh);
  newest.current = refresh;
  useEffect(() => () => clearTimeout(timer.current), []);
  useEvents(() => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => scrollY < 120 && newest.current(), 1000);
  }, newDecision);
}

function SearchBar({ filters }: { filters: Filters }) {
  const { get, set } = filters;
  const used = kindNames.find((name) => get(name) !== '');
  const [chosen, setChosen] = useState<SearchKind>(used ?? 'text');
  const kind = used ?? chosen;
  const search = (text: string, wanted: SearchKind) => {
    const found = kindOf(text, wanted);
    setChosen(found);
    set({ text: '', digest: '', file_hash: '', path: '', [found]: valueOf(text, found) }, 'same');
  };
  const chips = chipNames
    .filter((name) => get(name) !== '')
    .map((name) => ({ name, value: get(name), remove: () => set({ [name]: '' }) }));
  return (
    <>
      <div class="row filter-row image-search">
        <Select<SearchKind> label="Search by" value={kind} options={searchKinds} onChange={(wanted) => search(get(kind), wanted)} />
        <SearchField label={placeholders[kind]} value={get(kind)} onChange={(text) => search(text, kind)} />
        <Choice label="Verdict" value={get('action') as ''} options={actions} onChange={(action) => set({ action })} />
        <Select label="Order" value={get('order') as ''} options={orders} onChange={(order) => set({ order })} />
      </div>
      <Chips of={chips} />
    </>
  );
}

const placeholders: Record<SearchKind, string> = {
  text: 'Search names',
  digest: 'Digest of a manifest or layer',
  file_hash: 'SHA-256 of a file',
  path: 'Path, or a file name',
};

function Nothing({ isNarrowed }: { isNarrowed: boolean }) {
  return (
    <Empty title={isNarrowed ? 'No image fits' : 'No image yet'}>
      {isNarrowed ? (
        <p>
          Nothing that was judged here fits these filters. <a href="/images">All images</a>
        </p>
      ) : (
        <p>
          An image is listed once somebody has pulled it. <a href="/setup">Point a client here</a>
        </p>
      )}
    </Empty>
  );
}
