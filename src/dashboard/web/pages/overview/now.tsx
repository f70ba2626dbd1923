// SPDX-License-Identifier: Apache-2.0
//
// What goes on at this moment.
import { bytes, counted, number } from '../../base/text';
import type { Judging, Status } from '../../base/types';
import { Panel } from '../../ui/page';
import { ImageName, Text } from '../../ui/text';
import { Time } from '../../ui/time';

const most = 6;

export function NowPanel({ status }: { status: Status }) {
  const { judging, rescans } = status;
  return (
    <Panel title="Being scanned now" beside={<span class="dim small">{number(judging.length)}</span>} class="now">
      {judging.length === 0 && <p class="dim">Nothing. Every image that was asked for is decided.</p>}
      <ul class="stack-small">
        {judging.slice(0, most).map((image) => (
          <Image key={`${image.name}@${image.manifest}`} image={image} />
        ))}
      </ul>
      {judging.length > most && <p class="small dim">and {counted(judging.length - most, 'other')}</p>}
      {rescans.left > 0 && (
        <div class="rescans">
          <h3>Scanned again under the present rules</h3>
          <progress max={rescans.total} value={rescans.done}>
            {rescans.done}
          </progress>
          <p class="small dim">
            {number(rescans.done)} of {counted(rescans.total, 'image')}
            {rescans.failed > 0 && `, ${number(rescans.failed)} failed`}
          </p>
        </div>
      )}
      {rescans.failed > 0 && rescans.last_failure !== '' && (
        <p class="small dim">
          Last failure: <Text of={rescans.last_failure} />
        </p>
      )}
    </Panel>
  );
}

function Image({ image }: { image: Judging }) {
  return (
    <li>
      <ImageName name={image.name} reference={image.reference} />
      <progress max={Math.max(1, image.bytes)} value={image.bytes_done}>
        {image.blobs_done}
      </progress>
      <div class="small dim">
        {number(image.blobs_done)} of {counted(image.blobs, 'blob')}, {bytes(image.bytes_done)} of {bytes(image.bytes)}
        {image.why === 'rescan' ? ', again' : ''}, since <Time at={image.since} as="relative" />
      </div>
    </li>
  );
}
