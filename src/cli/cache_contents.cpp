// SPDX-License-Identifier: Apache-2.0
#include "cache_contents.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "portcullis/util/text.hpp"

namespace portcullis::cli {
namespace {

using Digests = std::unordered_set<oci::Digest>;

util::TimePoint time_of(const blobs::StoredBlob& blob) {
  return util::TimePoint(std::chrono::duration_cast<std::chrono::milliseconds>(blob.last_use));
}

/// What the chosen images have on disk and no other image has.
Digests blobs_of(const CacheContents& contents, const std::function<bool(const CachedImage&)>& chosen) {
  Digests theirs;
  for (const CachedImage& image : contents.images) {
    if (chosen(image)) theirs.insert(image.present.begin(), image.present.end());
  }
  for (const CachedImage& image : contents.images) {
    if (chosen(image)) continue;
    for (const oci::Digest& digest : image.present) theirs.erase(digest);
  }
  return theirs;
}

}  // namespace

CacheContents cache_contents(std::vector<blobs::StoredBlob> blobs,
                             const std::vector<records::DecisionRecord>& decisions) {
  CacheContents contents;
  std::unordered_map<oci::Digest, const blobs::StoredBlob*> by_digest;
  for (const auto& blob : blobs) {
    by_digest.emplace(blob.digest, &blob);
    contents.bytes += blob.size;
  }
  Digests known;
  for (const auto& decision : decisions) {
    CachedImage image{decision.host + "/" + decision.repository,
                      decision.reference,
                      decision.manifest,
                      decision.decision.action,
                      {},
                      0,
                      0,
                      {}};
    Digests parts = {decision.manifest};
    for (const auto& blob : decision.blobs) parts.insert(blob.digest);
    image.parts = parts.size();
    for (const oci::Digest& digest : parts) {
      const auto found = by_digest.find(digest);
      if (found == by_digest.end()) continue;
      known.insert(digest);
      image.present.push_back(digest);
      image.bytes += found->second->size;
      image.last_use = std::max(image.last_use, time_of(*found->second));
    }
    if (!image.present.empty()) contents.images.push_back(std::move(image));
  }
  std::ranges::stable_sort(contents.images, std::greater{}, &CachedImage::last_use);
  for (const auto& blob : blobs) {
    if (known.contains(blob.digest)) continue;
    ++contents.others;
    contents.other_bytes += blob.size;
  }
  contents.blobs = std::move(blobs);
  return contents;
}

std::vector<blobs::StoredBlob> select_for_purge(const CacheContents& contents, const PurgeSelection& wanted,
                                                util::TimePoint now) {
  std::optional<Digests> of_repository;
  if (!wanted.repository.empty()) {
    of_repository = blobs_of(
        contents, [&](const CachedImage& image) { return util::glob_match(wanted.repository, image.name); });
  }
  std::optional<Digests> of_digest;
  if (wanted.digest) {
    of_digest =
        blobs_of(contents, [&](const CachedImage& image) { return image.manifest == *wanted.digest; });
    of_digest->insert(*wanted.digest);
  }
  std::vector<blobs::StoredBlob> chosen;
  std::ranges::copy_if(contents.blobs, std::back_inserter(chosen), [&](const blobs::StoredBlob& blob) {
    return (!of_repository || of_repository->contains(blob.digest)) &&
           (!of_digest || of_digest->contains(blob.digest)) &&
           (!wanted.older_than || time_of(blob) < now - *wanted.older_than);
  });
  return chosen;
}

}  // namespace portcullis::cli
