// SPDX-License-Identifier: Apache-2.0
#include "metric_names.hpp"

#include <filesystem>
#include <regex>

#include "support/paths.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::test {
namespace {

const std::string kName = R"((?:portcullis|process)_[a-z0-9_]*[a-z0-9])";
const char* const kHelpFile = "metric_help.cpp";

MetricKind kind_of(const std::string& call) {
  if (call == "count") return MetricKind::counter;
  if (call == "observe") return MetricKind::histogram;
  return call == "gauge" ? MetricKind::gauge : MetricKind::info;
}

template <class Visit>
void each_match(const std::string& text, const std::regex& pattern, Visit visit) {
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    visit(*match);
}

}  // namespace

CountedMetrics counted_metrics() {
  // Other names of ours, such as that of a cookie, do not end so.
  static const std::regex unit("_(total|seconds|bytes|info)\"");
  static const std::regex literal('"' + kName + '"');
  static const std::regex call(R"re(\b(count|gauge|observe|info)\(\s*"()re" + kName + R"re()")re");
  static const std::regex read(R"re(\bvalue\(\s*"()re" + kName + R"re()")re");
  CountedMetrics found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_path("src"))) {
    const auto& path = entry.path();
    if (!entry.is_regular_file() || path.filename() == kHelpFile) continue;
    const auto text = slurp(path);
    std::size_t literals = 0;
    std::size_t calls = 0;
    each_match(text, literal, [&](const auto& match) {
      if (std::regex_search(match.str(), unit)) ++literals;
    });
    each_match(text, call, [&](const auto& match) {
      if (std::regex_search(match.str(), unit)) ++calls;
      const auto kind = kind_of(match[1]);
      const auto [known, is_new] = found.kinds.emplace(match[2], kind);
      if (!is_new && known->second != kind) found.failure += "two kinds of " + known->first + "\n";
    });
    each_match(text, read, [&](const auto&) { ++calls; });  // of what is counted elsewhere
    if (literals != calls) found.failure += "a name outside a call in " + path.string() + "\n";
  }
  return found;
}

std::map<std::string, std::string> described_metrics() {
  static const std::regex entry(R"lit(Entry\{\s*"([^"]+)",\s*"([^"]*)"\})lit");
  std::map<std::string, std::string> texts;
  each_match(slurp(source_path("src/http/metric_help.cpp")), entry,
             [&](const auto& match) { texts.emplace(match[1], match[2]); });
  return texts;
}

std::set<std::string> metrics_named_in(std::string_view text) {
  static const std::regex name(R"(\b)" + kName + R"(\b)");
  std::set<std::string> names;
  each_match(std::string(text), name, [&](const auto& match) { names.insert(match.str()); });
  return names;
}

std::string metric_of(const std::string& series, const std::map<std::string, MetricKind>& kinds) {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (!series.ends_with(suffix)) continue;
    const auto base = series.substr(0, series.size() - suffix.size());
    const auto found = kinds.find(base);
    if (found != kinds.end() && found->second == MetricKind::histogram) return base;
  }
  return series;
}

}  // namespace portcullis::test
