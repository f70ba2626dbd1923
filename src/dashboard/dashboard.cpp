// SPDX-License-Identifier: Apache-2.0
#include "portcullis/dashboard/dashboard.hpp"

#include <algorithm>

#include "embedded.hpp"

namespace portcullis::dashboard {
namespace {

constexpr std::string_view kStart = "/index.html";

/// Component by component.
bool fits(std::string_view page, std::string_view path) {
  while (!page.empty() && !path.empty()) {
    page.remove_prefix(1);  // both are at a '/'
    path.remove_prefix(1);
    const auto wanted = page.substr(0, page.find('/'));
    const auto given = path.substr(0, path.find('/'));
    const bool named = wanted.starts_with(':');
    if (named ? given.empty() : wanted != given) return false;
    page.remove_prefix(wanted.size());
    path.remove_prefix(given.size());
  }
  return page.empty() && path.empty();
}

}  // namespace

std::span<const Asset> assets() { return kAssets; }

const Asset* find_asset(std::string_view path) {
  const auto found = std::ranges::find(kAssets, path, &Asset::path);
  return found == kAssets.end() ? nullptr : &*found;
}

const Asset* start_page() { return find_asset(kStart); }

bool is_page(std::string_view path) {
  return path.starts_with('/') && std::ranges::any_of(kPages, [&](auto page) { return fits(page, path); });
}

}  // namespace portcullis::dashboard
