// SPDX-License-Identifier: Apache-2.0
//
// What a place shows when it has nothing to show.
import type { ComponentChildren } from 'preact';
import type { Problem, ProblemKind } from '../base/api';
import type { Resource } from '../base/resource';
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

export function Failure({ problem, retry }: { problem: Problem; retry?: () => void }) {
  return (
    <div class="failure" role="alert">
      <strong>
        <Text of={problem.title} />
      </strong>
      <p>
        <Text of={problem.detail} most={1000} /> {advice[problem.kind]}
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
