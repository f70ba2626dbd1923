// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace portcullis::gate {

/// Why the gate takes no request: the values of the label `reason` of portcullis_refused_total.
inline constexpr std::string_view kUnknownHost = "unknown_host";
inline constexpr std::string_view kLookupQueueFull = "lookup_queue_full";
inline constexpr std::string_view kImageQueueFull = "image_queue_full";
inline constexpr std::string_view kScanQueueFull = "scan_queue_full";
inline constexpr std::string_view kPullQueueFull = "pull_queue_full";
inline constexpr std::string_view kRefusals[] = {kUnknownHost, kLookupQueueFull, kImageQueueFull,
                                                 kScanQueueFull, kPullQueueFull};

}  // namespace portcullis::gate
