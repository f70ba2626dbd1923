// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "portcullis/oci/manifest.hpp"
#include "portcullis/oci/reference.hpp"
#include "report.hpp"

namespace portcullis::cli {

struct PrefetchJob {
  std::string server;                    ///< base URL
  std::string ca_file;                   ///< may be empty
  std::vector<oci::Platform> platforms;  ///< of an index; empty: every one
  std::chrono::seconds patience{1800};   ///< for one image with all its parts
};

/// One image of a platform, judged; or an index that could not be gone into.
struct Prefetched {
  std::string name;      ///< as asked for
  std::string platform;  ///< empty when it is no part of an index
  Verdict verdict = Verdict::error;
  std::string message;      ///< raw; empty when clean
  std::uint64_t bytes = 0;  ///< config and layers, now in the server's store
  std::chrono::milliseconds time{0};
};

/// Pulls it through the server's prefix route as any client would, without taking the layers out of it.
std::vector<Prefetched> prefetch_image(const PrefetchJob& job, const oci::Reference& reference);

}  // namespace portcullis::cli
