// SPDX-License-Identifier: Apache-2.0
import type { ComponentType } from 'preact';
import type { Path } from '../routes';
import { DecisionPage } from './decision';
import { ImagesPage } from './images';
import { ImagePage } from './images/image';
import { MissingPage } from './missing';
import { OverviewPage } from './overview';
import { PullsPage } from './pulls';
import { RulesPage } from './rules';
import { SetupPage } from './setup';
import { WaiversPage } from './waivers';

export interface PageProps {
  parameters: Record<string, string>;
}

const pages: Partial<Record<Path, ComponentType<PageProps>>> = {
  '/': OverviewPage,
  '/pulls': PullsPage,
  '/reports/:id': DecisionPage,
  '/images': ImagesPage,
  '/images/:digest': ImagePage,
  '/rules': RulesPage,
  '/waivers': WaiversPage,
  '/setup': SetupPage,
};

export function pageOf(path: Path | undefined): ComponentType<PageProps> {
  return (path && pages[path]) ?? MissingPage;
}
