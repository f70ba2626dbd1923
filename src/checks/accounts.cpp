// SPDX-License-Identifier: Apache-2.0
#include "accounts.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>

#include "path.hpp"

namespace portcullis::checks {
namespace {

constexpr std::size_t kMaxListed = 300;  ///< bytes of a list in a description

/// Calls `each` with every line; stops when it returns false.
void for_each_line(std::string_view text, const std::function<bool(std::string_view)>& each) {
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    if (!each(text.substr(0, length))) return;
    text.remove_prefix(std::min(length + 1, text.size()));
  }
}

/// The first field; `line` keeps the rest.
std::string_view take_field(std::string_view& line) {
  const std::size_t length = std::min(line.find(':'), line.size());
  const std::string_view field = line.substr(0, length);
  line.remove_prefix(std::min(length + 1, line.size()));
  return field;
}

/// In 32 bits that wrap, because some C libraries read `4294967296` as 0 too.
bool is_uid_0(std::string_view field) {
  field.remove_prefix(std::min(field.find_first_not_of(" \t+-"), field.size()));
  std::uint32_t value = 0;
  for (const char c : field) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return !field.empty() && value == 0;
}

bool is_hidden_library(std::string_view library) {
  const std::string path = clean_path(library).text;
  return is_temporary(path) || name_of(path).starts_with('.');
}

void append_to_list(std::string& list, std::string_view item) {
  if (list.size() + item.size() > kMaxListed) item = "...";
  if (list.ends_with("...")) return;
  if (!list.empty()) list += ", ";
  list += item;
}

}  // namespace

std::string extra_uid_0(std::string_view passwd) {
  std::string extra;
  std::size_t accounts = 0;
  for_each_line(passwd, [&](std::string_view line) {
    const std::string_view name = take_field(line);
    const std::string_view password = take_field(line);
    if (name.starts_with('#') || !is_uid_0(take_field(line))) return true;
    // The second name of root on BSD, which nobody can log in with.
    if (name == "toor" && password == "*") return true;
    ++accounts;
    if (name != "root") append_to_list(extra, name);
    return true;
  });
  return accounts > 1 ? extra : std::string();
}

bool root_has_empty_password(std::string_view accounts) {
  bool empty = false;
  for_each_line(accounts, [&](std::string_view line) {
    empty = line.starts_with("root::");
    return !empty;
  });
  return empty;
}

Preload read_preload(std::string_view text, Comments comments) {
  constexpr std::string_view kSeparators = " \t\r:";
  Preload preload;
  for_each_line(text, [&](std::string_view line) {
    if (comments == Comments::skipped) line = line.substr(0, line.find('#'));
    while (true) {
      line.remove_prefix(std::min(line.find_first_not_of(kSeparators), line.size()));
      if (line.empty()) return true;
      const std::string_view library = line.substr(0, line.find_first_of(kSeparators));
      line.remove_prefix(library.size());
      append_to_list(preload.libraries, library);
      if (is_hidden_library(library)) append_to_list(preload.hidden, library);
    }
  });
  return preload;
}

}  // namespace portcullis::checks
