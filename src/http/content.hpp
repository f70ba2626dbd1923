// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a known length that can be sent in pieces: what a blob request is answered from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "message.hpp"
#include "portcullis/blobs/store.hpp"
#include "portcullis/oci/digest.hpp"
#include "range.hpp"

namespace portcullis::http {

/// Immutable; any thread.
class Content {
 public:
  virtual ~Content() = default;
  virtual std::uint64_t size() const = 0;
  /// Writes exactly that range, or returns false as StreamedBody::send does.
  virtual bool send(BodySink& sink, const ByteRange& range) const = 0;
};

/// A committed blob, sent from its file: a file that shrinks is a short answer instead of a signal.
std::shared_ptr<const Content> blob_content(blobs::Blob blob);

/// Bytes that are not those of `digest`, for a client that can be stopped by nothing else: `text`, then
/// padding up to `size`; padding alone when the text does not fit. Memory stays flat whatever the size.
///
/// The padding is drawn at random when the program starts. Spaces would do for a download in one piece,
/// but who resumes one by Range mixes our bytes with right ones it got before, and an attacker could
/// have ended a layer in spaces. A `size` of 0 is answered with a body that is not empty: only that is wrong.
std::shared_ptr<const Content> mismatching_content(const oci::Digest& digest, std::uint64_t size,
                                                   std::string text);

}  // namespace portcullis::http
