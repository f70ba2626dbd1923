// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace portcullis::http {

/// The HELP line of a metric. One that is not in the table gets its name in words.
std::string help_text(std::string_view metric);

}  // namespace portcullis::http
