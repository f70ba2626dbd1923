// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "content.hpp"
#include "message.hpp"

namespace portcullis::http {

/// A committed blob as an answer: whole, one range or several, not modified, or 416.
Answer blob_answer(const Request& request, const blobs::Blob& blob);

/// The same for bytes that are no blob and that nobody may keep: whole, one range or several, and
/// never an error.
Answer mismatch_answer(const Request& request, const std::shared_ptr<const Content>& content,
                       std::string_view content_type);

}  // namespace portcullis::http
