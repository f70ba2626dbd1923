// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "message.hpp"

namespace portcullis::http {

/// An error as the distribution specification writes it: `{"errors":[{code, message, detail}]}` with
/// `detail` a string (docker shows no other kind). The message is the reason phrase too, because
/// that is all a client sees of a HEAD.
Answer registry_error(int status, std::string_view code, std::string_view message,
                      std::string_view detail = "");

}  // namespace portcullis::http
