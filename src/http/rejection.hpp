// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "block_style.hpp"
#include "message.hpp"
#include "portcullis/gate/gate.hpp"

namespace portcullis::http {

/// A "no", whatever was asked for and whoever said it.
struct Rejection {
  gate::Status status = gate::Status::failed;
  std::string message;  ///< the finished client line
  std::string report_id = {};
  std::optional<std::chrono::seconds> retry_after = {};
  std::string_view unknown_code = "MANIFEST_UNKNOWN";  ///< for a 404
  /// Of what was asked for, as far as it is known.
  std::optional<oci::Digest> digest = {};
  std::optional<std::uint64_t> size = {};
  std::string media_type = {};
  std::shared_ptr<const std::string> shown = {};  ///< the manifest, if this client may see it
};

/// BlockStyle::shown without a manifest to show is BlockStyle::unreadable.
BlockStyle possible_style(BlockStyle wanted, const Rejection& rejection);
Answer render_rejection(BlockStyle style, const Request& request, const Rejection& rejection);

}  // namespace portcullis::http
