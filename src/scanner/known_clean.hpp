// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "portcullis/scan/known_clean.hpp"
#include "portcullis/scan/service.hpp"

namespace portcullis::scanner {

/// What a worker was told about clean files. Shared by its threads, read-only.
struct KnownClean {
  scan::KnownCleanUse use = scan::KnownCleanUse::off;  ///< off: nothing is reported either
  std::optional<scan::KnownCleanTable> table;          ///< may be missing although it is on
  std::uint32_t sample = 1;

  bool on() const { return use == scan::KnownCleanUse::on; }
  bool contains(const scan::CleanKey& key) const { return table && table->contains(key); }
};

/// Picks one file in `one_in`, unpredictably for whoever wrote the layer. One a thread.
class Sampler {
 public:
  /// Where the kernel gives no random bytes every file is picked.
  explicit Sampler(std::uint32_t one_in);
  bool pick() { return chance_(random_) == 0; }

 private:
  std::mt19937_64 random_;
  std::uniform_int_distribution<std::uint32_t> chance_;
};

}  // namespace portcullis::scanner
