// SPDX-License-Identifier: Apache-2.0
#include "receiver.hpp"

#include <string>

namespace portcullis::blobs {

using util::ErrorKind;

util::Result<void> Expectation::check_size(std::uint64_t actual) const {
  if (size && actual != *size) {
    return util::fail(ErrorKind::corrupt, "blob " + digest.text() + " has " + std::to_string(actual) +
                                              " bytes, its descriptor says " + std::to_string(*size));
  }
  if (actual > max_size) {
    return util::fail(ErrorKind::limit, "blob " + digest.text() + " is larger than the limit of " +
                                            std::to_string(max_size) + " bytes");
  }
  return {};
}

util::Result<void> Receiver::accept(std::span<const std::byte> bytes) {
  const std::uint64_t total = received_ + bytes.size();
  if (expectation_.size && total > *expectation_.size) {
    return util::fail(ErrorKind::corrupt, "more bytes arrived for blob " + expectation_.digest.text() +
                                              " than the " + std::to_string(*expectation_.size) +
                                              " of its descriptor");
  }
  if (total > expectation_.max_size) return expectation_.check_size(total);
  if (auto written = incoming_.write(bytes); !written) return written;
  hasher_.update(bytes);
  received_ = total;
  if (!transfer_.grow(bytes.size())) {
    return util::fail(ErrorKind::cancelled, "the blob store is shutting down");
  }
  return {};
}

util::Result<void> Receiver::write(std::span<const std::byte> bytes) {
  if (failure_) return tl::unexpected(*failure_);
  auto accepted = accept(bytes);
  if (!accepted) failure_ = accepted.error();
  return accepted;
}

util::Result<void> Receiver::verify() {
  if (auto right = expectation_.check_size(received_); !right) return right;
  const std::string hex = hasher_.finish_hex();
  if (hex != expectation_.digest.hex()) {
    return util::fail(ErrorKind::corrupt, "the bytes received for blob " + expectation_.digest.text() +
                                              " have another digest, " + hex);
  }
  return {};
}

}  // namespace portcullis::blobs
