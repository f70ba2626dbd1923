// SPDX-License-Identifier: Apache-2.0
import type { ComponentType } from 'preact';
import type { Path } from '../routes';
import { DecisionPage } from './decision';
import { MissingPage } from './missing';
import { OverviewPage } from './overview';
import { PullsPage } from './pulls';

export interface PageProps {
  parameters: Record<string, string>;
}

const pages: Partial<Record<Path, ComponentType<PageProps>>> = {
  '/': OverviewPage,
  '/pulls': PullsPage,
  '/reports/:id': DecisionPage,
};

export function pageOf(path: Path | undefined): ComponentType<PageProps> {
  return (path && pages[path]) ?? MissingPage;
}
