// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "directory.hpp"
#include "portcullis/util/hash.hpp"
#include "portcullis/util/stream.hpp"
#include "transfer.hpp"

namespace portcullis::blobs {

/// What one blob has to be.
struct Expectation {
  oci::Digest digest;
  std::optional<std::uint64_t> size;
  std::uint64_t max_size = 0;

  /// Whether a blob of `actual` bytes can be it.
  util::Result<void> check_size(std::uint64_t actual) const;
};

/// The sink a fetch writes to: counts, hashes, stores and tells the readers. The first failure is
/// final and remembered, since a fetch may wrap it or lose it.
class Receiver final : public util::ByteSink {
 public:
  Receiver(const Expectation& expectation, Incoming& incoming, FileTransfer& transfer)
      : expectation_(expectation),
        incoming_(incoming),
        transfer_(transfer),
        hasher_(expectation.digest.algorithm()) {}

  util::Result<void> write(std::span<const std::byte> bytes) override;
  /// After the last byte: everything arrived, and it is what was expected. Call once.
  util::Result<void> verify();
  const std::optional<util::Error>& failure() const { return failure_; }
  std::uint64_t received() const { return received_; }

 private:
  util::Result<void> accept(std::span<const std::byte> bytes);

  const Expectation& expectation_;
  Incoming& incoming_;
  FileTransfer& transfer_;
  util::Hasher hasher_;
  std::uint64_t received_ = 0;
  std::optional<util::Error> failure_;
};

}  // namespace portcullis::blobs
