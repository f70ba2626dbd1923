// SPDX-License-Identifier: Apache-2.0
import { address } from '../../base/api';
import { usePages } from '../../base/pages';
import { worstOf } from '../../base/severity';
import { bytes, counted } from '../../base/text';
import type { LayerFile, SharedBlob } from '../../base/types';
import { Button } from '../../ui/button';
import { ActionMark, SeverityMark } from '../../ui/marks';
import { Panel } from '../../ui/page';
import { Failure, Skeleton } from '../../ui/state';
import { Digest, Line, Mono, OnDemand } from '../../ui/text';
import { hrefOf } from './links';

export function LayersPanel({ blobs }: { blobs: readonly SharedBlob[] }) {
  return (
    <Panel title="Layers" beside={<span class="dim small">{bytes(blobs.reduce((sum, blob) => sum + blob.size, 0))}</span>}>
      <ul class="layers">
        {blobs.map((blob) => (
          <Layer key={blob.place + blob.digest} blob={blob} />
        ))}
      </ul>
    </Panel>
  );
}

function Layer({ blob }: { blob: SharedBlob }) {
  const { shared_with: others } = blob;
  return (
    <li class="layer">
      <div class="row">
        <strong>{blob.place}</strong>
        <Digest of={blob.digest} />
        <span class="dim small">{bytes(blob.size)}</span>
        <Outcome blob={blob} />
      </div>
      <div class="layer-more">
        {others.length > 0 && (
          <OnDemand label={`${blob.shared_with_more ? 'More than ' : ''}${counted(others.length, 'other image has it', 'other images have it')}`}>
            {() => (
              <ul class="others">
                {others.map((other) => (
                  <li key={other.decision} class="other">
                    <ActionMark of={other.action} />
                    <a href={hrefOf(other)}>
                      <Line of={`${other.name}@${other.manifest.slice(0, 19)}`} />
                    </a>
                  </li>
                ))}
                {blob.shared_with_more && (
                  <li>
                    <a href={address('/images', { digest: blob.digest })}>All images with it</a>
                  </li>
                )}
              </ul>
            )}
          </OnDemand>
        )}
        {others.length === 0 && <span class="dim small layer-alone">in no other image</span>}
        {blob.place !== 'config' && <OnDemand label="Files on record">{() => <LayerFiles digest={blob.digest} />}</OnDemand>}
      </div>
    </li>
  );
}

function Outcome({ blob: { scan } }: { blob: SharedBlob }) {
  if (!scan) return <span class="dim small">its scan is no longer on record</span>;
  if (scan.outcome !== 'complete') return <span class="mark action-block">{scan.outcome.replaceAll('_', ' ')}</span>;
  const worst = worstOf(scan.findings);
  if (!worst) return <span class="dim small">nothing found</span>;
  return (
    <>
      <SeverityMark of={worst} />
      <span class="dim small">{counted(scan.findings.length, 'finding')}</span>
    </>
  );
}

function LayerFiles({ digest }: { digest: string }) {
  const list = usePages<LayerFile>(`/layers/${encodeURIComponent(digest)}/files`, {}, 'files', (file) => file.path);
  return (
    <div class="layer-files">
      {list.problem && <Failure problem={list.problem} retry={list.retry} />}
      {list.items.length === 0 && list.loading && <Skeleton lines={4} />}
      {list.items.length === 0 && !list.loading && !list.problem && <p class="dim small">It has no executable, script or library.</p>}
      <ul class="places">
        {list.items.map((file) => (
          <li key={file.path} class="place">
            <a href={address('/images', { file_hash: file.hash })} title="Which images have this file">
              <Mono of={file.path} most={160} />
            </a>
            <span class="dim small">
              {file.type}, {bytes(file.size)}
              {file.setuid === true && ', setuid'}
            </span>
          </li>
        ))}
      </ul>
      {list.more && (
        <Button busy={list.loading} onClick={list.loadMore}>
          More files
        </Button>
      )}
    </div>
  );
}
