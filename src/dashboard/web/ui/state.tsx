// SPDX-License-Identifier: Apache-2.0
//
// What a place shows when it has nothing to show.
import type { ComponentChildren } from 'preact';
import type { Problem, ProblemKind } from '../base/api';
import type { Pages } from '../base/pages';
import type { Resource } from '../base/resource';
import { counted } from '../base/text';
import { Button } from './button';
import { Text } from './text';

const advice: Record<ProblemKind, string> = {
  offline: 'What is shown here may be old. It is tried again by itself.',
  login: '',
  role: 'Somebody with an operator token can do it.',
  missing: '',
  request: '',
  server: 'The log of the server says more.',
};
/** Of something that was to change, and is not tried again. */
const notKnown = 'Whether it was done is not known: look before you try again.';

/** `retry`: of what was only looked at. */
export function Failure({ problem, retry }: { problem: Problem; retry?: () => void }) {
  const more = problem.kind === 'offline' && !retry ? notKnown : advice[problem.kind];
  const ends = more === '' || /[.!?]$/.test(problem.detail);
  return (
    <div class="failure" role="alert">
      <strong>
        <Text of={problem.title} />
      </strong>
      <p>
        <Text of={ends ? problem.detail : `${problem.detail}.`} most={1000} /> {more}
      </p>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** Grey lines in the place of `lines` lines of text. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} class="skeleton-line" />
      ))}
    </div>
  );
}

/** In the place of a list of rows. */
export function ListSkeleton() {
  return (
    <div class="skeleton skeleton-list" aria-hidden="true">
      {Array.from({ length: 12 }, (_, i) => (
        <div key={i} class="skeleton-line" />
      ))}
    </div>
  );
}

/** Under a list that comes page by page: how much of it is there. */
export function ListEnd<T>({ of, one, children }: { of: Pages<T>; one: string; children?: ComponentChildren }) {
  const count = counted(of.items.length, one);
  return (
    <p class="list-end dim small">
      {of.items.length > 0 && (of.more || of.full ? `${count} so far` : `${count}, no more`)}
      {of.full && ', and more than are shown: narrow them'}
      {of.items.length > 0 && of.problem && (
        <>
          , and the next do not come: <Text of={of.problem.title} /> <Button onClick={of.retry}>Try again</Button>
        </>
      )}
      {children}
    </p>
  );
}

interface LoadedProps<T> {
  of: Resource<T>;
  /** In lines, about as high as what will come. */
  lines?: number;
  children: (data: T) => ComponentChildren;
}

/** The data when it is there; else that it is on its way, or what is wrong. Old data stays beside a new problem. */
export function Loaded<T>({ of, lines = 3, children }: LoadedProps<T>) {
  return (
    <>
      {of.problem && <Failure problem={of.problem} retry={of.reload} />}
      {of.data !== undefined ? children(of.data) : !of.problem && <Skeleton lines={lines} />}
    </>
  );
}
