// SPDX-License-Identifier: Apache-2.0
//
// Two charts over the same time: what was stopped is rare beside what was served, and would vanish on one scale.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { navigate } from '../../base/router';
import { counted, number } from '../../base/text';
import { brief, full } from '../../base/time';
import type { Bucket } from '../../base/types';
import { Button } from '../../ui/button';
import { useNow } from '../../ui/time';
import { seriesOf } from './series';

interface Colours {
  blocked: string;
  warned: string;
  allowed: string;
  line: string;
  dim: string;
}

function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return { blocked: of('blocked'), warned: of('warned'), allowed: of('allowed'), line: of('line'), dim: of('dim') };
}

/** Changes when the system goes from light to dark or back. */
function useTheme(): boolean {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const look = () => setDark(query.matches);
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, []);
  return dark;
}

/** Stripes, so that warned and blocked differ by more than their colour. */
function stripes(colour: string): CanvasPattern | string {
  const tile = document.createElement('canvas');
  const size = 6 * devicePixelRatio;
  tile.width = tile.height = size;
  const context = tile.getContext('2d');
  if (!context) return colour;
  context.strokeStyle = colour;
  context.lineWidth = size / 2.5;
  context.beginPath();
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift - 1, size + 1);
    context.lineTo(shift + size + 1, -1);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat') ?? colour;
}

const font = '12px system-ui, sans-serif';
const axisWidth = 52;

type Kind = 'stopped' | 'served';

/** `15:00` within a day or two, else `11-26`; `splits` are seconds. */
function ticks(splits: readonly number[], hours: number): string[] {
  return splits.map((seconds) => {
    const at = full(new Date(seconds * 1000));
    return hours < 6 && !at.endsWith(' 00:00:00') ? at.slice(11, 16) : at.slice(5, 10);
  });
}

function optionsOf(kind: Kind, width: number, hours: number, onPoint: (index: number | null) => void): uPlot.Options {
  const c = colours();
  const bars = uPlot.paths.bars?.({ size: [0.8, 40], align: 1 });
  const axis = { stroke: c.dim, font, ticks: { show: false }, grid: { stroke: c.line, width: 1 } };
  const bar = (label: string, stroke: string, fill: CanvasPattern | string): uPlot.Series => ({
    ...{ label, stroke, width: 0, fill: fill as string, points: { show: false } },
    ...(bars ? { paths: bars } : {}),
  });
  // Each bar stands behind its time, so the last one needs room.
  const time = { range: (_: uPlot, least: number, most: number): [number, number] => [least, most + hours * 3600] };
  const scale = { range: (_: uPlot, __: number, most: number): [number, number] => [0, Math.max(4, Math.ceil(most * 1.1))] };
  return {
    width,
    height: kind === 'stopped' ? 170 : 110,
    legend: { show: false },
    padding: [8, 24, kind === 'stopped' ? 8 : 0, 0],
    cursor: { sync: { key: 'overview' }, drag: { setScale: false, x: false, y: false }, y: false, points: { show: false } },
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
    scales: { x: time, y: scale },
    axes: [
      { ...axis, size: 28, grid: { show: false }, show: kind === 'served', values: (_, splits) => ticks(splits, hours) },
      { ...axis, size: axisWidth, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6] },
    ],
    series:
      kind === 'stopped'
        ? [{}, bar('warned', c.warned, stripes(c.warned)), bar('blocked', c.blocked, c.blocked)]
        : [{}, bar('allowed', c.allowed, stripes(c.allowed))],
  };
}

interface PlotProps {
  kind: Kind;
  buckets: readonly Bucket[];
  hours: number;
  onPoint(index: number | null): void;
}

function Plot({ kind, buckets, hours, onPoint }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const point = useRef(onPoint);
  point.current = onPoint;
  const dark = useTheme();
  const data = (): uPlot.AlignedData => {
    const { times, blocked, warnedOnBlocked, allowed } = seriesOf(buckets);
    return kind === 'stopped' ? [times, warnedOnBlocked, blocked] : [times, allowed];
  };
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new uPlot(optionsOf(kind, element.clientWidth, hours, (index) => point.current(index)), data(), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: made.height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [dark, hours]);
  useEffect(() => plot.current?.setData(data()), [buckets]);
  return <div ref={place} class={`plot plot-${kind}`} />;
}

interface ChartProps {
  buckets: readonly Bucket[];
  widthHours: number;
}

const endOf = (bucket: Bucket, hours: number) => new Date(Date.parse(bucket.start) + hours * 3_600_000);

/** The blocked pulls from the beginning of `first` to the end of `last`. */
function linkTo(first: Bucket, hours: number, last: Bucket = first): string {
  const until = endOf(last, hours).toISOString();
  return `/pulls?action=block&from=${encodeURIComponent(first.start)}&until=${encodeURIComponent(until)}`;
}

export function Chart({ buckets, widthHours }: ChartProps) {
  const [index, setIndex] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  const shown = index === null ? undefined : buckets[index];
  const step = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (by !== 0) {
      event.preventDefault();
      setIndex((old) => Math.max(0, Math.min(buckets.length - 1, (old ?? (by > 0 ? -1 : buckets.length)) + by)));
    } else if (event.key === 'Enter' && shown) {
      navigate(linkTo(shown, widthHours));
    }
  };
  return (
    <div class="chart">
      <div class="row chart-head">
        <Readout bucket={shown} buckets={buckets} hours={widthHours} />
        <Button kind="quiet" pressed={asTable} onClick={() => setAsTable(!asTable)}>
          As a table
        </Button>
      </div>
      {asTable ? (
        <Table buckets={buckets} hours={widthHours} />
      ) : (
        <div
          class="plots"
          tabIndex={0}
          role="group"
          aria-label="Pulls over time. Left and right go through it, Enter shows the blocked pulls of that time."
          onKeyDown={step}
          onClick={() => shown && navigate(linkTo(shown, widthHours))}
        >
          <Plot kind="stopped" buckets={buckets} hours={widthHours} onPoint={setIndex} />
          <Plot kind="served" buckets={buckets} hours={widthHours} onPoint={setIndex} />
        </div>
      )}
    </div>
  );
}

/** The bucket under the pointer, else all of them. */
function Readout({ bucket, buckets, hours }: { bucket: Bucket | undefined; buckets: readonly Bucket[]; hours: number }) {
  const now = useNow();
  const meant = bucket ? [bucket] : buckets;
  const sum = (of: (bucket: Bucket) => number) => meant.reduce((total, one) => total + of(one), 0);
  const [first, last] = [meant[0], meant[meant.length - 1]];
  return (
    <div class="readout" aria-live="polite">
      <span class="readout-time">{bucket ? `${brief(new Date(bucket.start), now)} – ${brief(endOf(bucket, hours), now)}` : 'whole period'}</span>
      <a class="key key-blocked" href={first ? linkTo(first, hours, last) : '/pulls?action=block'}>
        {number(sum((one) => one.blocked))} blocked
      </a>
      <span class="key key-warned">{number(sum((one) => one.warned))} warned</span>
      <span class="key key-allowed">{number(sum((one) => one.allowed))} allowed</span>
    </div>
  );
}

function Table({ buckets, hours }: { buckets: readonly Bucket[]; hours: number }) {
  const now = useNow();
  const busy = buckets.filter((bucket) => bucket.blocked + bucket.warned + bucket.allowed > 0);
  return (
    <div class="chart-table" tabIndex={0}>
      <table>
        <caption class="unseen">Pulls over time</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col" class="number">
              Blocked
            </th>
            <th scope="col" class="number">
              Warned
            </th>
            <th scope="col" class="number">
              Allowed
            </th>
          </tr>
        </thead>
        <tbody>
          {busy.map((bucket) => (
            <tr key={bucket.start}>
              <td>
                <a href={linkTo(bucket, hours)}>{brief(new Date(bucket.start), now)}</a>
              </td>
              <td class="number">{number(bucket.blocked)}</td>
              <td class="number">{number(bucket.warned)}</td>
              <td class="number">{number(bucket.allowed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {busy.length === 0 && <p class="dim">{counted(0, 'pull')}</p>}
    </div>
  );
}
