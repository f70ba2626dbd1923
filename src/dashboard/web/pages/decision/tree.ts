// SPDX-License-Identifier: Apache-2.0
//
// What was found, by where it is: image, blob, file, rule.
import { bySeverity } from '../../base/severity';
import type { Blob, Decision, Finding, Reason, Severity } from '../../base/types';

export interface FoundFile {
  /** Empty: found in the blob as a whole. */
  path: string;
  hash: string;
  worst: Severity;
  findings: Finding[];
}

export interface Branch {
  blob: Blob;
  files: FoundFile[];
  worst: Severity | undefined;
}

/** Blobs in the order of the image, files and findings worst first. */
export function treeOf(blobs: readonly Blob[]): Branch[] {
  return blobs.map((blob) => {
    const files = new Map<string, FoundFile>();
    for (const finding of blob.scan?.findings ?? []) {
      const file = files.get(finding.path) ?? { path: finding.path, hash: '', worst: finding.severity, findings: [] };
      file.findings.push(finding);
      file.hash ||= finding.file_hash;
      if (bySeverity(finding.severity, file.worst) < 0) file.worst = finding.severity;
      files.set(finding.path, file);
    }
    const sorted = [...files.values()].sort((a, b) => bySeverity(a.worst, b.worst));
    for (const file of sorted) file.findings.sort((a, b) => bySeverity(a.severity, b.severity));
    return { blob, files: sorted, worst: sorted[0]?.worst };
  });
}

/** What the decision made of a finding: the reason that names its rule. */
export function reasonOf(decision: Decision, finding: Finding): Reason | undefined {
  return decision.reasons.find((reason) => reason.code.slice(reason.code.indexOf(':') + 1) === finding.rule);
}

/** Does the branch have something in it that led to a block or warning? These are unfolded at first. */
export function isTelling(decision: Decision, branch: Branch): boolean {
  if (branch.blob.scan !== null && branch.blob.scan.outcome !== 'complete') return true;
  return branch.files.some((file) =>
    file.findings.some((finding) => (reasonOf(decision, finding)?.action ?? 'allow') !== 'allow'),
  );
}
