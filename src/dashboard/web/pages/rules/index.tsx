// SPDX-License-Identifier: Apache-2.0
//
// What is looked for: each rule with what it found, what it costs and what state it is in.
import { useMemo, useState } from 'preact/hooks';
import { address, post } from '../../base/api';
import { useAct, useResource } from '../../base/resource';
import type { Resource } from '../../base/resource';
import { useFilters } from '../../base/router';
import { useIsOperator } from '../../base/session';
import { counted, number } from '../../base/text';
import type { Rules, RulesCost } from '../../base/types';
import { useAnnounce } from '../../ui/announce';
import { Button } from '../../ui/button';
import { Chips } from '../../ui/chips';
import { Choice, Select } from '../../ui/field';
import { Passed, Stop } from '../../ui/icons';
import { SeverityMark } from '../../ui/marks';
import { Page } from '../../ui/page';
import { Rows } from '../../ui/rows';
import type { Column } from '../../ui/rows';
import { SearchField } from '../../ui/search';
import { Empty, Failure, ListSkeleton } from '../../ui/state';
import { Line } from '../../ui/text';
import { CostLine } from './cost';
import { listed, rowsOf } from './listing';
import type { RuleOrder, RuleRow } from './listing';
import { IdlePanel, NotesPanel, SetAsidePanel } from './panels';
import { RuleDialog } from './rule';

const columns: readonly Column<RuleRow>[] = [
  { name: 'state', title: 'State', cell: (row) => <StateMark row={row} /> },
  { name: 'name', title: 'Rule', isLink: true, cell: ({ rule }) => <Line of={rule.name} mono /> },
  {
    name: 'severity',
    title: 'Severity',
    cell: ({ rule }) => (rule.helper ? <span class="dim">helper</span> : <SeverityMark of={rule.severity} />),
  },
  { name: 'hits', title: 'Decisions, 30 days', cell: ({ rule }) => number(rule.decisions) },
  { name: 'cost', title: 'Cost of its file', cell: ({ cost }) => <Cost of={cost} /> },
  { name: 'file', title: 'File', cell: ({ rule }) => <Line of={rule.file} mono /> },
];

function StateMark({ row }: { row: RuleRow }) {
  return row.state === 'active' ? (
    <span class="mark action-allow">
      <Passed /> active
    </span>
  ) : (
    <span class="mark action-warn">
      <Stop /> disabled
    </span>
  );
}

function Cost({ of }: { of: RuleRow['cost'] }) {
  if (!of) return <span class="dim">–</span>;
  return (
    <span class={of.slow ? 'mark action-warn' : ''}>
      {of.ms_per_mb.toFixed(2)} ms/MB{of.slow && ', slow'}
    </span>
  );
}

const states = [
  ['', 'All'],
  ['active', 'Active'],
  ['disabled', 'Disabled'],
] as const;

const orders: readonly (readonly [RuleOrder, string])[] = [
  ['', 'Most decisions'],
  ['cost', 'Dearest file'],
  ['severity', 'Severity'],
  ['name', 'Name'],
];

export function RulesPage() {
  const { get, set } = useFilters();
  const rules = useResource<Rules>(address('/rules', { text: get('text'), file: get('file') }), { meanwhile: 'old' });
  const [opened, setOpened] = useState('');
  const { data, problem } = rules;
  const all = useMemo(() => (data ? rowsOf(data) : []), [data]);
  const rows = useMemo(() => listed(all, get('state'), get('order')), [all, get('state'), get('order')]);
  const shown = all.find((row) => row.key === opened);
  const chips = get('file') === '' ? [] : [{ name: 'file', value: get('file'), remove: () => set({ file: '' }) }];
  // What stands above the list is known with it: nothing moves down.
  if (!data && !problem) {
    return (
      <Page title="Rules" beside={<Actions rules={rules} />}>
        <ListSkeleton />
      </Page>
    );
  }
  return (
    <Page title="Rules" beside={<Actions rules={rules} />}>
      <div class="stack">
        {problem && <Failure problem={problem} retry={rules.reload} />}
        {data && <SetAsidePanel files={data.set_aside} />}
        {data && <IdlePanel settings={data.idle_settings ?? []} onChange={rules.reload} />}
        {data && <NotesPanel notes={data.notes} />}
      </div>
      <div class="row filter-row rules-bar">
        <Choice label="State" value={get('state') as ''} options={states} onChange={(state) => set({ state })} />
        <SearchField label="Search rules" value={get('text')} onChange={(text) => set({ text }, 'same')} />
        <Select label="Order" value={get('order') as RuleOrder} options={orders} onChange={(order) => set({ order })} />
      </div>
      <Chips of={chips} />
      {rows.length > 0 && (
        <Rows
          label="Rules"
          class="rules"
          columns={columns}
          items={rows}
          keyOf={(row) => row.key}
          onOpen={(row) => setOpened(row.key)}
          busy={rules.loading}
        />
      )}
      {data && rows.length === 0 && <Nothing isNarrowed={location.search.length > 0} />}
      <p class="list-end dim small">
        {data && `${counted(rows.length, 'rule')} shown${data.truncated ? ', the first ones' : ''} of ${number(data.total)} in ${counted(data.files, 'file')}`}
        {data && (
          <>
            {' · '}
            <CostLine cost={data.cost} />
          </>
        )}
      </p>
      {shown && <RuleDialog row={shown} notes={data?.notes ?? []} onClose={() => setOpened('')} onChange={rules.reload} />}
    </Page>
  );
}

function Actions({ rules }: { rules: Resource<Rules> }) {
  const isOperator = useIsOperator();
  const announce = useAnnounce();
  const reload = useAct(async () => {
    const done = await post<{ changed: boolean; total: number }>('/rules/reload');
    announce(done.changed ? `${counted(done.total, 'rule')} are in use now` : 'Nothing has changed in the rule files');
    rules.reload();
  });
  const measure = useAct(async () => {
    const cost = await post<RulesCost>('/rules/bench');
    announce(`Measured on ${counted(cost.sample_files, 'file')}`);
    rules.reload();
  });
  if (!isOperator) return null;
  const problem = reload.problem ?? measure.problem;
  return (
    <div class="stack-small">
      <div class="row">
        {(!rules.data || rules.data.cost !== undefined) && (
          <Button busy={measure.busy} onClick={() => void measure.run()}>
            {measure.busy ? 'Measuring…' : 'Measure cost'}
          </Button>
        )}
        <Button busy={reload.busy} onClick={() => void reload.run()}>
          {reload.busy ? 'Reading…' : 'Read rule files again'}
        </Button>
      </div>
      {problem && <Failure problem={problem} />}
    </div>
  );
}

function Nothing({ isNarrowed }: { isNarrowed: boolean }) {
  return (
    <Empty title={isNarrowed ? 'No rule fits' : 'There are no rules'}>
      {isNarrowed ? (
        <p>
          No rule has that in its name, file or description. <a href="/rules">All rules</a>
        </p>
      ) : (
        <p>
          Name directories with rule files as <code>[rules] paths</code> in the configuration.
        </p>
      )}
    </Empty>
  );
}
