// SPDX-License-Identifier: Apache-2.0
import { Page } from '../ui/page';
import { Empty } from '../ui/state';

export function MissingPage() {
  return (
    <Page title="No such page">
      <Empty title="There is nothing at this address">
        <p>
          A report is at <code>/reports/</code> and its number. <a href="/pulls?action=block">Blocked pulls</a> lists them all.
        </p>
      </Empty>
    </Page>
  );
}
