// SPDX-License-Identifier: Apache-2.0
//
// What `portcullis search` found, in each output format.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "portcullis/records/search.hpp"

namespace portcullis::cli {

/// Text in it is raw; the renderers below make it safe. A list that was not asked for is not there.
struct SearchReport {
  std::vector<records::ImageRow> images;
  std::optional<std::vector<records::FilePlace>> files;
  std::optional<std::vector<records::Puller>> pullers;
  bool truncated = false;  ///< there is more than was asked for
};

std::string render_text(const SearchReport& report);
/// Schema `portcullis.search/1`.
std::string render_json(const SearchReport& report);

}  // namespace portcullis::cli
