// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "message.hpp"

namespace portcullis::http {

/// A page or a file of the dashboard; nullopt where it has none of that path. Needs no credentials: there is
/// nothing in it that is not in the program.
std::optional<Answer> dashboard_answer(const Request& request, std::string_view path);

}  // namespace portcullis::http
