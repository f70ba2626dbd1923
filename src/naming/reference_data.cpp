// SPDX-License-Identifier: Apache-2.0
#include "portcullis/naming/reference_data.hpp"

#include <charconv>
#include <functional>
#include <optional>

#include "portcullis/util/files.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::naming {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = 16u << 20;

using Row = std::vector<std::string_view>;

/// Calls `take` with every row; it gives back what is wrong with the row, or nothing.
util::Result<void> read_rows(const fs::path& file, std::size_t columns,
                             const std::function<std::optional<std::string>(const Row&)>& take) {
  const auto content = util::read_file(file, kMaxFileBytes);
  if (!content) return util::fail("the reference names", content.error());
  std::size_t number = 0;
  for (std::string_view line : util::split(*content, '\n')) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const Row row = util::split(line, '\t');
    auto problem = row.size() == columns ? take(row)
                                         : "expected " + std::to_string(columns) +
                                               " columns parted by tabs, saw " + std::to_string(row.size());
    if (problem) {
      return util::fail(util::ErrorKind::invalid, file.string() + ":" + std::to_string(number) + ": " +
                                                      *problem + " in: " + std::string(line));
    }
  }
  return {};
}

std::optional<Registry::Publishers> parse_publishers(std::string_view text) {
  if (text == "anybody") return Registry::Publishers::anybody;
  if (text == "owner") return Registry::Publishers::owner;
  return std::nullopt;
}

std::optional<std::uint32_t> parse_rank(std::string_view text) {
  std::uint32_t rank = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rank);
  if (error != std::errc() || end != text.data() + text.size() || rank == 0) return std::nullopt;
  return rank;
}

}  // namespace

util::Result<ReferenceData> load_reference_data(const fs::path& directory) {
  using Problem = std::optional<std::string>;
  ReferenceData data;
  auto read = read_rows(directory / "registries.tsv", 4, [&](const Row& row) -> Problem {
    const auto publishers = parse_publishers(row[1]);
    if (!publishers) return "the second column must be anybody or owner";
    data.registries.push_back({std::string(row[0]), *publishers, std::string(row[2])});
    return std::nullopt;
  });
  if (!read) return tl::unexpected(read.error());
  read = read_rows(directory / "repositories.tsv", 3, [&](const Row& row) -> Problem {
    const auto rank = parse_rank(row[1]);
    if (!rank) return "the second column must be a rank from 1";
    data.repositories.push_back({std::string(row[0]), *rank});
    return std::nullopt;
  });
  if (!read) return tl::unexpected(read.error());
  read = read_rows(directory / "known-bad.tsv", 3, [&](const Row& row) -> Problem {
    data.known_bad.push_back({std::string(row[0]), std::string(row[1]), std::string(row[2])});
    return std::nullopt;
  });
  if (!read) return tl::unexpected(read.error());
  return data;
}

}  // namespace portcullis::naming
