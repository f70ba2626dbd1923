// SPDX-License-Identifier: Apache-2.0
//
// Where a file lies that was searched for, and who has pulled it.
import { address } from '../../base/api';
import { useResource } from '../../base/resource';
import type { Resource } from '../../base/resource';
import { bytes, counted } from '../../base/text';
import type { FileHits, FilePlace } from '../../base/types';
import { Panel } from '../../ui/page';
import { Digest, Mono, OnDemand, Text } from '../../ui/text';

const most = 100;
const shownAtFirst = 4;

/** Null while neither is searched for. */
export function useFileHits(hash: string, path: string): Resource<FileHits> | null {
  const wanted = hash !== '' || path !== '';
  const hits = useResource<FileHits>(wanted ? address('/files', hash ? { hash, limit: most } : { path, limit: most }) : null);
  return wanted ? hits : null;
}

export function FilesPanel({ hits, isByHash }: { hits: FileHits; isByHash: boolean }) {
  const clients = clientsOf(hits);
  return (
    <Panel title="The file" class="found-files">
      <div class="stack-small">
        <p>{saidOf(hits)}</p>
        {isByHash && clients.length > 0 && (
          <p class="notice">
            <strong>{counted(clients.length, 'client')} pulled an image with it</strong>: <Text of={clients.join(', ')} most={200} />
          </p>
        )}
        <Places places={hits.places.slice(0, shownAtFirst)} isByHash={isByHash} />
        {hits.places.length > shownAtFirst && (
          <OnDemand label={`${hits.places.length - shownAtFirst} more`}>
            {() => <Places places={hits.places.slice(shownAtFirst)} isByHash={isByHash} />}
          </OnDemand>
        )}
      </div>
    </Panel>
  );
}

const clientsOf = (hits: FileHits) => [...new Set(hits.pullers.map((puller) => puller.user || puller.client))];

function saidOf({ places, truncated }: FileHits): string {
  if (places.length === 0) return 'No layer that was scanned here has it. Executables, scripts and libraries are kept on record.';
  return `${truncated ? 'More than ' : ''}${counted(places.length, 'place')} in layers that were scanned here.`;
}

function Places({ places, isByHash }: { places: readonly FilePlace[]; isByHash: boolean }) {
  return (
    <ul class="places">
      {places.map((place) => (
        <Place key={place.layer + place.path} place={place} isByHash={isByHash} />
      ))}
    </ul>
  );
}

function Place({ place, isByHash }: { place: FilePlace; isByHash: boolean }) {
  return (
    <li class="place">
      <Mono of={place.path} most={160} />
      <span class="dim small">
        {place.type}, {bytes(place.size)}, in layer{' '}
        <a href={address('/images', { digest: place.layer })}>
          <Digest of={place.layer} copy={false} />
        </a>
        {!isByHash && (
          <>
            {' · '}
            <a href={address('/images', { file_hash: place.hash })}>the same file elsewhere</a>
          </>
        )}
      </span>
    </li>
  );
}
