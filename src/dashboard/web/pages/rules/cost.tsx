// SPDX-License-Identifier: Apache-2.0
import { bytes, number } from '../../base/text';
import type { RulesCost } from '../../base/types';
import { Time } from '../../ui/time';

/** What all rules together cost, and when that was measured. */
export function CostLine({ cost }: { cost: RulesCost | null | undefined }) {
  if (!cost) return <>cost not measured under these rules</>;
  return (
    <>
      {number(Math.round(cost.mb_per_second))} MB/s on one processor with all rules,{' '}
      {number(Math.round(cost.mb_per_second_without_rules))} without, measured <Time at={cost.measured} as="relative" /> on{' '}
      {bytes(cost.sample_bytes)}
    </>
  );
}
