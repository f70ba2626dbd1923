// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include "portcullis/util/safe_text.hpp"

namespace portcullis::policy {
namespace {

// Short enough that a whole sentence fits into a summary: the place must not fall off its end.
constexpr std::size_t kMaxRule = 48;
constexpr std::size_t kMaxPath = 96;

struct Unit {
  std::chrono::milliseconds length;
  std::string_view name;
};
constexpr Unit kUnits[] = {{std::chrono::days(1), "day"},
                           {std::chrono::hours(1), "hour"},
                           {std::chrono::minutes(1), "minute"},
                           {std::chrono::seconds(1), "second"}};

std::string counted(std::chrono::milliseconds duration, const Unit& unit) {
  const auto count = duration / unit.length;
  return std::to_string(count) + ' ' + std::string(unit.name) + (count == 1 ? "" : "s");
}

}  // namespace

std::string clip(std::string_view safe, std::size_t limit) {
  if (safe.size() <= limit) return std::string(safe);
  constexpr std::string_view kCut = "...";
  std::size_t end = 0;
  while (end < safe.size()) {
    std::size_t step = 1;
    if (safe[end] == '\\') step = safe.substr(end, 2) == "\\x" ? 4 : 2;
    if (end + step + kCut.size() > limit) break;
    end += step;
  }
  return std::string(safe.substr(0, end)).append(kCut);
}

std::string exact_duration(std::chrono::milliseconds duration) {
  for (const auto& unit : kUnits) {
    if (duration >= unit.length && duration % unit.length == std::chrono::milliseconds(0)) {
      return counted(duration, unit);
    }
  }
  return std::to_string(duration.count()) + " ms";
}

std::string rough_duration(std::chrono::milliseconds duration) {
  for (const auto& unit : kUnits) {
    if (duration >= unit.length) return counted(duration, unit);
  }
  return "0 seconds";
}

std::string place_name(std::string_view place) {
  return place == "config" ? "the image config" : util::safe_text(place, kMaxRule);
}

std::string finding_sentence(const findings::Finding& finding, std::string_view place) {
  const bool yara = finding.source == findings::Source::yara;
  std::string text = yara ? "rule " : "check ";
  text += util::safe_text(finding.rule, kMaxRule);
  text += " (" + std::string(findings::to_string(finding.severity)) + ')';
  // The config and the manifest are one document; a path there would name nothing.
  const bool has_file = !finding.path.empty() && place != "config";
  if (has_file) {
    std::string_view path = finding.path;
    if (path.starts_with("./")) path.remove_prefix(2);  // `tar -C dir .` writes every name so
    text += yara ? " matched " : " flagged ";
    text += util::safe_text(path, kMaxPath) + " in ";
  } else {
    text += yara ? " matched in " : " flagged ";
  }
  return text + place_name(place);
}

std::string_view outcome_words(findings::Outcome outcome) {
  using enum findings::Outcome;
  switch (outcome) {
    case complete:
      return "complete";
    case unscannable:
      return "unscannable";
    case timed_out:
      return "timed out";
    case limit:
      return "over a limit";
    case violation:
      return "the scanner tried something forbidden";
    case crashed:
      return "the scanner crashed";
    case garbled:
      return "the scanner's answer was garbled";
    case unavailable:
      return "no scanner was available";
  }
  return "an unknown outcome";
}

}  // namespace portcullis::policy
