// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message.hpp"
#include "portcullis/api/api.hpp"

namespace portcullis::http {

/// An answer of the API as one of ours.
Answer api_answer(api::Answer answer);

}  // namespace portcullis::http
