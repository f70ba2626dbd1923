// SPDX-License-Identifier: Apache-2.0
//
// What lies in the blob cache, by image, and which of it a purge takes. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/blobs/maintenance.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::cli {

struct CachedImage {
  std::string name;  ///< `docker.io/library/nginx`
  std::string reference;
  oci::Digest manifest;
  findings::Action action = findings::Action::block;
  std::vector<oci::Digest> present;  ///< its manifest, config and layers that are on disk
  std::size_t parts = 0;             ///< that it has in all
  std::uint64_t bytes = 0;           ///< of those present; images share blobs
  util::TimePoint last_use{};
};

struct CacheContents {
  std::vector<CachedImage> images;  ///< with at least one blob on disk, most recently used first
  std::vector<blobs::StoredBlob> blobs;
  std::uint64_t bytes = 0;  ///< of all blobs, each once
  std::size_t others = 0;   ///< blobs of no known image
  std::uint64_t other_bytes = 0;
};

CacheContents cache_contents(std::vector<blobs::StoredBlob> blobs,
                             const std::vector<records::DecisionRecord>& decisions);

struct PurgeSelection {
  std::string repository;             ///< glob over `host/repository`
  std::optional<oci::Digest> digest;  ///< of a blob, or of an image's manifest
  std::optional<std::chrono::milliseconds> older_than;
};

/// The blobs to remove: those that everything set in `wanted` agrees on. With `repository`, or the digest
/// of an image, a blob that another image uses as well stays.
std::vector<blobs::StoredBlob> select_for_purge(const CacheContents& contents, const PurgeSelection& wanted,
                                                util::TimePoint now);

}  // namespace portcullis::cli
