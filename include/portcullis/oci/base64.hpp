// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portcullis::oci {

/// RFC 4648 section 4 with padding, nothing but the alphabet, unused bits zero.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace portcullis::oci
