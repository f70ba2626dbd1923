// SPDX-License-Identifier: Apache-2.0
//
// The files of the dashboard, as they were built into the program. A program that was built without the
// dashboard has none. Immutable; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace portcullis::dashboard {

enum class Lifetime : std::uint8_t {
  fixed,    ///< its name holds a hash of its content: what was fetched once is good for ever
  current,  ///< the same name holds something else in another version
};

struct Asset {
  std::string_view path;  ///< `/assets/app-1f3a5c7e.js`
  std::string_view type;  ///< Content-Type
  std::string_view etag;  ///< with its quotes
  std::string_view bytes;
  std::string_view gzip;  ///< the same bytes, compressed; empty where that is no gain
  Lifetime lifetime = Lifetime::current;
};

/// All that the program holds.
std::span<const Asset> assets();

/// By its path; nullptr when there is none.
const Asset* find_asset(std::string_view path);

/// What every page begins with; nullptr without a dashboard.
const Asset* start_page();

/// Is this the path of a page, which the script of the start page then draws: `/pulls`, `/reports/7f3k2`.
bool is_page(std::string_view path);

}  // namespace portcullis::dashboard
