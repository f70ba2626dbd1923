// SPDX-License-Identifier: Apache-2.0
import { Page } from '../../ui/page';
import { Skeleton } from '../../ui/state';

export function OverviewPage() {
  return (
    <Page title="Overview">
      <Skeleton lines={5} />
    </Page>
  );
}
