// SPDX-License-Identifier: Apache-2.0
//
// The image taken apart: blob, file, rule, the bytes that matched.
import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { bytes, counted, number } from '../../base/text';
import type { Decision, Finding, MatchedString } from '../../base/types';
import { Chevron } from '../../ui/icons';
import { ReasonMark, SeverityMark, Technique } from '../../ui/marks';
import { Fact, Facts, Panel } from '../../ui/page';
import { Digest, Line, Mono, Text, WebLink } from '../../ui/text';
import { HexView } from './hexview';
import { isTelling, reasonOf, treeOf } from './tree';
import type { Branch, FoundFile } from './tree';

export function FoundPanel({ decision }: { decision: Decision }) {
  if (decision.blobs.length === 0) return null;
  return (
    <Panel title="What is in it" beside={<span class="dim small">{counted(decision.blobs.length, 'blob')}</span>}>
      <ul class="tree">
        {treeOf(decision.blobs).map((branch) => (
          <BlobNode key={branch.blob.place + branch.blob.digest} decision={decision} branch={branch} />
        ))}
      </ul>
    </Panel>
  );
}

interface NodeProps {
  title: ComponentChildren;
  openAtFirst: boolean;
  children: ComponentChildren;
}

function Node({ title, openAtFirst, children }: NodeProps) {
  const [open, setOpen] = useState(openAtFirst);
  return (
    <li class="node">
      <button type="button" class="node-title" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class={open ? 'turn turned' : 'turn'}>
          <Chevron />
        </span>
        {title}
      </button>
      {open && <div class="node-inside">{children}</div>}
    </li>
  );
}

function BlobNode({ decision, branch }: { decision: Decision; branch: Branch }) {
  const { blob, files, worst } = branch;
  const findings = files.reduce((count, file) => count + file.findings.length, 0);
  return (
    <Node
      openAtFirst={isTelling(decision, branch)}
      title={
        <span class="node-line">
          <strong>{blob.place}</strong>
          {worst && <SeverityMark of={worst} />}
          <span class="dim">
            {findings > 0 ? counted(findings, 'finding') : outcomeOf(branch)} · {bytes(blob.size)}
          </span>
        </span>
      }
    >
      <BlobFacts branch={branch} />
      {files.length > 0 && (
        <ul class="tree">
          {files.map((file, i) => (
            <FileNode key={file.path} decision={decision} file={file} openAtFirst={i === 0} />
          ))}
        </ul>
      )}
      {blob.scan?.findings_truncated && <p class="notice">There is more: only the worst findings are kept.</p>}
    </Node>
  );
}

function outcomeOf({ blob }: Branch): string {
  if (!blob.scan) return 'its scan is no longer on record';
  return blob.scan.outcome === 'complete' ? 'nothing found' : blob.scan.outcome.replaceAll('_', ' ');
}

function BlobFacts({ branch: { blob } }: { branch: Branch }) {
  const { scan } = blob;
  return (
    <Facts>
      <Fact name="Digest">
        <Digest of={blob.digest} />
      </Fact>
      <Fact name="Type">
        <Mono of={blob.media_type} />
      </Fact>
      {scan && scan.outcome !== 'complete' && (
        <Fact name="Scan ended">
          {scan.outcome.replaceAll('_', ' ')}: <Text of={scan.reason} />
        </Fact>
      )}
      {scan && (
        <Fact name="Scanned">
          {counted(scan.counts.files, 'file')} in {counted(scan.counts.entries, 'entry', 'entries')},{' '}
          {bytes(scan.counts.bytes_unpacked)} unpacked
          {scan.counts.files_skipped > 0 && `, ${number(scan.counts.files_skipped)} known clean`}
        </Fact>
      )}
    </Facts>
  );
}

const pathOf = (path: string) => path.replace(/^\.\//, '') || 'the blob as a whole';

function FileNode({ decision, file, openAtFirst }: { decision: Decision; file: FoundFile; openAtFirst: boolean }) {
  return (
    <Node
      openAtFirst={openAtFirst}
      title={
        <span class="node-line">
          <SeverityMark of={file.worst} />
          <Line of={pathOf(file.path)} mono />
        </span>
      }
    >
      <Facts>
        {pathOf(file.path).length > 60 && (
          <Fact name="Path">
            <Mono of={pathOf(file.path)} />
          </Fact>
        )}
        {file.hash !== '' && (
          <Fact name="SHA-256">
            <Digest of={file.hash} /> <a href={`/images?file_hash=${encodeURIComponent(file.hash)}`}>Which images have it</a>
          </Fact>
        )}
      </Facts>
      <ul class="findings">
        {file.findings.map((finding, i) => (
          <FindingItem key={i} decision={decision} finding={finding} />
        ))}
      </ul>
    </Node>
  );
}

function FindingItem({ decision, finding }: { decision: Decision; finding: Finding }) {
  const reason = reasonOf(decision, finding);
  return (
    <li class="finding">
      <div class="row">
        <SeverityMark of={finding.severity} />
        <a href={`/pulls?action=block&rule=${encodeURIComponent(finding.rule)}`} title="Other pulls that it blocked">
          <Mono of={finding.rule} most={100} />
        </a>
        {reason && <ReasonMark of={reason.action} />}
        {finding.techniques.map((id) => (
          <Technique key={id} id={id} />
        ))}
      </div>
      {finding.description !== '' && (
        <p>
          <Text of={finding.description} />
        </p>
      )}
      <p class="small dim">
        {finding.source.replaceAll('_', ' ')}
        {finding.rule_file !== '' && (
          <>
            {' '}
            in <Mono of={finding.rule_file} most={120} />
          </>
        )}
        {finding.author !== '' && (
          <>
            {' '}
            by <Text of={finding.author} most={80} />
          </>
        )}
        {finding.reference !== '' && (
          <>
            {' · '}
            <WebLink to={finding.reference} />
          </>
        )}
      </p>
      {finding.strings.map((match, i) => (
        <Match key={i} match={match} />
      ))}
    </li>
  );
}

/** As many bytes of a match are kept; what stands behind them is part of a longer one. */
const mostKept = 64;

function Match({ match }: { match: MatchedString }) {
  const isLong = match.hex.length >= 2 * mostKept;
  return (
    <figure class="match">
      <figcaption class="small">
        <Mono of={match.identifier} most={60} /> <span class="dim">
          at byte {number(match.offset)}
          {isLong && `, its first ${mostKept} bytes marked`}
        </span>
      </figcaption>
      <HexView match={match} />
    </figure>
  );
}
