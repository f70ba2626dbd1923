// SPDX-License-Identifier: Apache-2.0
import { address } from '../../base/api';

interface Place {
  manifest: string;
  host?: string;
  repository?: string;
}

/** The page of a manifest, where it is in one repository if that is told. */
export function hrefOf({ manifest, host, repository }: Place): string {
  return address(`/images/${encodeURIComponent(manifest)}`, { host, repository });
}
