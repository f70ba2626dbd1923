// SPDX-License-Identifier: Apache-2.0
//
// One manifest: where it was judged, what it is made of, who else is made of that.
import { address } from '../../base/api';
import { useResource } from '../../base/resource';
import { useFilters } from '../../base/router';
import { clipped, counted, imageReference, visible } from '../../base/text';
import type { Image, ImageDetails } from '../../base/types';
import { ActionMark } from '../../ui/marks';
import { Page, Panel } from '../../ui/page';
import { PullersPanel } from '../../ui/pullers';
import { Empty, Failure, Skeleton } from '../../ui/state';
import { Digest, Line, Text } from '../../ui/text';
import { Time } from '../../ui/time';
import type { PageProps } from '..';
import { LayersPanel } from './layers';

export function ImagePage({ parameters }: PageProps) {
  const digest = parameters['digest'] ?? '';
  const { get } = useFilters();
  const where = { host: get('host'), repository: get('repository') };
  const details = useResource<ImageDetails>(address(`/images/${encodeURIComponent(digest)}`, where));
  const { data, problem } = details;
  if (!data) {
    return (
      <Page title={`Image ${clipped(visible(digest), 26)}`}>
        {problem?.kind === 'missing' && (
          <Empty title="This image was not judged here">
            <p>
              Its digest may be mistyped, or be that of a layer: <a href={address('/images', { digest })}>images with it</a>
            </p>
          </Empty>
        )}
        {problem && problem.kind !== 'missing' && <Failure problem={problem} retry={details.reload} />}
        {!problem && <Skeleton lines={14} />}
      </Page>
    );
  }
  const blocked = data.images.some((image) => image.action === 'block');
  return (
    <Page title={titleOf(data)} beside={<Digest of={data.manifest} />}>
      <div class="stack">
        {problem && <Failure problem={problem} retry={details.reload} />}
        <div class="decision-columns">
          <div class="stack">
            <VerdictsPanel images={data.images} />
            <LayersPanel blobs={data.blobs} />
          </div>
          <PullersPanel pullers={data.pullers} manifest={data.manifest} blocked={blocked} />
        </div>
      </div>
    </Page>
  );
}

function titleOf({ images, manifest }: ImageDetails): string {
  const first = images[0];
  return clipped(visible(first ? imageReference(first.name, first.tags[0] ?? manifest) : manifest), 120);
}

function VerdictsPanel({ images }: { images: readonly Image[] }) {
  return (
    <Panel title="Verdict" beside={images.length > 1 && <span class="dim small">in {counted(images.length, 'repository', 'repositories')}</span>}>
      <ul class="verdicts">
        {images.map((image) => (
          <li key={`${image.host} ${image.repository}`} class="verdict-line">
            <ActionMark of={image.action} wouldBlock={image.would_block} />
            <div>
              <Line of={image.name} />
              {image.summary !== '' && <Text of={image.summary} most={300} />}
              {image.tags.length > 0 && (
                <div class="small dim">
                  {image.tags.length === 1 ? 'tag' : 'tags'} <Text of={image.tags.join(', ')} most={160} />
                </div>
              )}
            </div>
            <div class="small dim">
              <a href={`/reports/${encodeURIComponent(image.decision)}`}>Report {visible(image.decision)}</a>
              <div>
                decided <Time at={image.decided} as="relative" />
              </div>
              <div>
                pulled <Time at={image.last_pull} as="relative" />
              </div>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
