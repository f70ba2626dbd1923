// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "portcullis/util/text.hpp"
#include "rules_format.hpp"
#include "rules_report.hpp"

namespace portcullis::cli {
namespace {

constexpr std::size_t kShown = 20;

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace

std::string as_text(const BenchReport& report) {
  const auto& costs = report.costs;
  const auto& all = costs.all;
  std::string text = "sample  " + counted(all.files, "file") + ", " + util::format_size(all.bytes) + " of " +
                     prose(report.sample);
  if (all.bytes < report.picked_bytes) {
    text +=
        " (the time was over before the other " + util::format_size(report.picked_bytes - all.bytes) + ")";
  }
  text += "\nspeed   " + fixed(costs.speed(), 1) + " MB/s per core with all " + counted(all.rules, "rule") +
          " of " + counted(costs.files.size(), "file") + ", " + fixed(costs.speed_without_rules(), 1) +
          " MB/s with none: what they share\n";
  if (all.failed > 0)
    text += "failed  " + counted(all.failed, "file") + " met a limit of libyara or a timeout\n";
  text += "\n  share  MB/s alone  rules  file\n";
  double others = 0;
  for (std::size_t i = 0; i < costs.files.size(); ++i) {
    const auto& file = costs.files[i];
    if (i >= kShown && !costs.slow(file)) {
      others += costs.share(file);
      continue;
    }
    text += right(fixed(costs.share(file) * 100, 1), 6) + "%" + right(fixed(costs.speed_alone(file), 1), 12) +
            right(std::to_string(file.rules), 7) + "  " + prose(file.file) +
            (costs.slow(file) ? "  SLOW" : "") + "\n";
  }
  if (costs.files.size() > kShown) {
    text += right(fixed(others * 100, 1), 6) + "%" + std::string(21, ' ') + "the " +
            std::to_string(costs.files.size() - kShown) + " others together\n";
  }
  return text;
}

std::string as_json(const BenchReport& report) {
  const auto& costs = report.costs;
  OrderedJson files = OrderedJson::array();
  for (const auto& file : costs.files) {
    files.push_back({{"file", prose(file.file)},
                     {"rules", file.rules},
                     {"nanoseconds", file.nanoseconds},
                     {"share", costs.share(file)},
                     {"mb_per_second_alone", costs.speed_alone(file)},
                     {"slow", costs.slow(file)}});
  }
  const auto& all = costs.all;
  return printed({{"sample", prose(report.sample)},
                  {"sample_files", all.files},
                  {"sample_bytes", all.bytes},
                  {"picked_bytes", report.picked_bytes},
                  {"failed_files", all.failed},
                  {"rules", all.rules},
                  {"nanoseconds", all.nanoseconds},
                  {"mb_per_second", costs.speed()},
                  {"mb_per_second_without_rules", costs.speed_without_rules()},
                  {"files", std::move(files)}});
}

}  // namespace portcullis::cli
