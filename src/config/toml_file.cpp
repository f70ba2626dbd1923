// SPDX-License-Identifier: Apache-2.0
#include "toml_file.hpp"

#include <exception>

#include "portcullis/util/files.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::config {
namespace {

constexpr std::size_t kMaxFileBytes = 1u << 20;
constexpr std::size_t kMaxQuoted = 120;

/// The line without what is around it; empty when there is none.
std::string quoted_line(std::string_view content, std::size_t number) {
  const auto lines = util::split(content, '\n');
  if (number == 0 || number > lines.size()) return {};
  auto line = lines[number - 1];
  constexpr std::string_view kBlank = " \t\r";
  const auto first = line.find_first_not_of(kBlank);
  if (first == line.npos) return {};
  return util::safe_text(line.substr(first, line.find_last_not_of(kBlank) - first + 1), kMaxQuoted);
}

}  // namespace

util::Result<void> read_toml_file(const std::filesystem::path& file, std::string_view what,
                                  Problems& problems, const std::function<void(const toml::table&)>& read,
                                  const MayQuote& may_quote) {
  auto content = util::read_file(file, kMaxFileBytes);
  if (!content) return util::fail(what, content.error());
  try {
    read(toml::parse(*content, file.string()));
  } catch (const toml::parse_error& error) {
    problems.add(error.source().begin.line, "",
                 "not valid TOML: " + util::safe_text(std::string_view(error.description())));
  } catch (const std::exception& error) {
    return util::fail(util::ErrorKind::internal, file.string() + ": " + error.what());
  }
  if (!problems.first()) return {};
  auto error = *problems.first();
  if (may_quote && may_quote(problems.key())) {
    const auto line = quoted_line(*content, problems.line());
    if (!line.empty()) error.message += "; the line reads: " + line;
  }
  return tl::unexpected(std::move(error));
}

}  // namespace portcullis::config
