// SPDX-License-Identifier: Apache-2.0
//
// How a "no" has to look so that the client in front of us stops, instead of going to the origin.
#pragma once

#include <string>
#include <string_view>

#include "message.hpp"
#include "route.hpp"

namespace portcullis::http {

enum class BlockStyle {
  denied,  ///< 403 with the reason in the body and in the status line
};

BlockStyle choose_block_style(const Route& route, std::string_view agent);

/// `message` is the finished client line.
Answer render_block(BlockStyle style, const std::string& message, const std::string& report_id);

}  // namespace portcullis::http
