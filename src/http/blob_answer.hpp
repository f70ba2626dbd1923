// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message.hpp"
#include "portcullis/blobs/store.hpp"

namespace portcullis::http {

/// A committed blob as an answer: whole, one range or several, not modified, or 416.
Answer blob_answer(const Request& request, const blobs::Blob& blob);

}  // namespace portcullis::http
