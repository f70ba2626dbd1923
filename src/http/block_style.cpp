// SPDX-License-Identifier: Apache-2.0
#include "block_style.hpp"

#include "registry_errors.hpp"

namespace portcullis::http {

BlockStyle choose_block_style(const Route&, std::string_view) { return BlockStyle::denied; }

Answer render_block(BlockStyle, const std::string& message, const std::string& report_id) {
  return registry_error(403, "DENIED", message, report_id.empty() ? "" : "report " + report_id);
}

}  // namespace portcullis::http
