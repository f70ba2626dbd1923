// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "portcullis/scan/rules.hpp"

namespace portcullis::scan {
namespace {

struct Prefix {
  std::string_view text;
  SampleKind kind;
};
constexpr Prefix kPrefixes[] = {{"hit-", SampleKind::hit}, {"miss-", SampleKind::miss}};

}  // namespace

SamplePlace sample_place(std::string_view path) {
  std::string_view parent;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    for (const auto& [prefix, kind] : kPrefixes) {
      if (parent.empty() || !name.starts_with(prefix)) continue;
      const bool directory = end < path.size();
      return {.kind = kind,
              .rule = std::string(parent),
              .sample = std::string(path.substr(0, end)),
              .image_path = std::string(directory ? path.substr(end + 1) : name.substr(prefix.size()))};
    }
    parent = name;
    begin = end + 1;
  }
  return {};
}

}  // namespace portcullis::scan
