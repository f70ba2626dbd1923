// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from 'preact/hooks';
import type { Filters } from '../../base/router';
import { ranges, toInput } from '../../base/time';
import type { RangeName } from '../../base/time';
import { Button } from '../../ui/button';
import { Chips } from '../../ui/chips';
import type { Chip } from '../../ui/chips';
import { Choice, Field, Select } from '../../ui/field';
import { Passed, Stop, Warning } from '../../ui/icons';
import { SearchField, TextFilter } from '../../ui/search';
import type { PullFilters } from './rows';

const minute = 60_000;

/** The filters in the address, a range of time as its begin. */
export function readFilters(filters: Filters): PullFilters {
  const range = filters.get('range');
  const from = useMemo(() => {
    if (!Object.hasOwn(ranges, range)) return '';
    const now = Math.floor(Date.now() / minute) * minute;
    return new Date(now - ranges[range as RangeName].milliseconds).toISOString();
  }, [range]);
  const get = filters.get;
  return {
    from: from || get('from'),
    until: from ? '' : get('until'),
    action: get('action'),
    host: get('host'),
    repository: get('repository'),
    manifest: get('manifest'),
    client: get('client'),
    user: get('user'),
    rule: get('rule'),
    text: get('text'),
    severity: get('severity'),
  };
}

const actions = [
  ['block', <><Stop /> Blocked</>],
  ['warn', <><Warning /> Warned</>],
  ['allow', <><Passed /> Allowed</>],
  ['', 'All'],
] as const;

const times: [string, string][] = [
  ['', 'Any time'],
  ...Object.entries(ranges).map(([name, range]): [string, string] => [name, range.label]),
  ['custom', 'From and until…'],
];

const severities: [string, string][] = [
  ['', 'Any severity'],
  ['medium', 'Medium and worse'],
  ['high', 'High and worse'],
  ['critical', 'Critical'],
];

export function FilterBar({ filters, read }: { filters: Filters; read: PullFilters }) {
  const { get, set } = filters;
  const custom = get('range') === 'custom' || (get('range') === '' && (get('from') !== '' || get('until') !== ''));
  // On a phone they would push the list out of sight.
  const [open, setOpen] = useState(() => matchMedia('(min-width: 48rem)').matches || isSet(filters));
  return (
    <>
      <div class="row filter-row">
        <Choice label="Decision" value={read.action as ''} options={actions} onChange={(action) => set({ action })} />
        <SearchField label="Search names and clients" value={read.text} onChange={(text) => set({ text }, 'same')} />
        <Button expanded={open} onClick={() => setOpen(!open)}>
          Filters
        </Button>
      </div>
      <div class="filters" hidden={!open}>
        <Select
          label="Time"
          value={custom ? 'custom' : get('range')}
          options={times}
          onChange={(range) => set({ range, from: '', until: '' })}
        />
        {custom && <Moment label="From" value={get('from')} onChange={(from) => set({ from, range: 'custom' }, 'same')} />}
        {custom && <Moment label="Until" value={get('until')} onChange={(until) => set({ until, range: 'custom' }, 'same')} />}
        <Select label="Severity" value={read.severity} options={severities} onChange={(severity) => set({ severity })} />
        <TextFilter label="Rule" hint="eicar_test_file" value={read.rule} onChange={(rule) => set({ rule }, 'same')} />
        <TextFilter
          label="Repository"
          hint="library/nginx"
          value={read.repository}
          onChange={(repository) => set({ repository }, 'same')}
        />
        <TextFilter label="Client" hint="10.0.0.7" value={read.client} onChange={(client) => set({ client }, 'same')} />
      </div>
      <Chips of={chips(filters)} />
    </>
  );
}

const fields = ['range', 'from', 'until', 'severity', 'rule', 'repository', 'client'];
const isSet = ({ get }: Filters) => fields.some((name) => get(name) !== '');

function chips({ get, set }: Filters): Chip[] {
  return ['host', 'manifest', 'user']
    .filter((name) => get(name) !== '')
    .map((name) => ({ name, value: get(name), remove: () => set({ [name]: '' }) }));
}

interface MomentProps {
  label: string;
  /** RFC 3339, or empty. */
  value: string;
  onChange(value: string): void;
}

function Moment({ label, value, onChange }: MomentProps) {
  return (
    <Field label={label}>
      {(id) => (
        <input
          {...id}
          type="datetime-local"
          value={value === '' ? '' : toInput(new Date(value))}
          onChange={(event) => {
            const at = new Date(event.currentTarget.value);
            onChange(Number.isNaN(at.getTime()) ? '' : at.toISOString());
          }}
        />
      )}
    </Field>
  );
}
