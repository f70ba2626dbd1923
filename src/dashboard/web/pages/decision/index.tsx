// SPDX-License-Identifier: Apache-2.0
import { Page } from '../../ui/page';
import { Skeleton } from '../../ui/state';

export function DecisionPage() {
  return (
    <Page title="Report">
      <Skeleton lines={5} />
    </Page>
  );
}
