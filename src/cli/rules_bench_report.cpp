// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "portcullis/util/text.hpp"
#include "rules_format.hpp"
#include "rules_report.hpp"

namespace portcullis::cli {
namespace {

using scan::RuleCost;

constexpr std::size_t kShown = 20;

/// In 10^6 bytes a second.
double speed(std::uint64_t bytes, std::uint64_t nanoseconds) {
  constexpr double kThousand = 1000;
  return static_cast<double>(bytes) * kThousand /
         static_cast<double>(std::max<std::uint64_t>(nanoseconds, 1));
}

/// As if the file had the pass over the bytes to itself.
double speed_alone(const BenchReport& report, const RuleCost& file) {
  return speed(file.bytes, report.none.nanoseconds + file.nanoseconds);
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace

double BenchReport::share(const RuleCost& file) const {
  return static_cast<double>(file.nanoseconds) /
         static_cast<double>(std::max<std::uint64_t>(all.nanoseconds, 1));
}

bool BenchReport::slow(const RuleCost& file) const {
  constexpr double kWorthALook = 0.05;
  constexpr double kTimesItsPart = 3;
  double together = 0;
  for (const auto& other : files) together += share(other);
  const double part = together / static_cast<double>(std::max<std::size_t>(files.size(), 1));
  return share(file) >= kWorthALook && share(file) >= kTimesItsPart * part;
}

std::optional<BenchReport> summarize(std::string sample, std::uint64_t picked_bytes,
                                     const std::vector<RuleCost>& costs) {
  BenchReport report;
  report.sample = std::move(sample);
  report.picked_bytes = picked_bytes;
  for (const auto& cost : costs) {
    if (cost.of == RuleCost::Of::all) report.all = cost;
    if (cost.of == RuleCost::Of::none) report.none = cost;
    if (cost.of == RuleCost::Of::file) report.files.push_back(cost);
  }
  if (report.all.bytes == 0) return std::nullopt;
  std::ranges::stable_sort(report.files, std::ranges::greater(), &RuleCost::nanoseconds);
  return report;
}

std::string as_text(const BenchReport& report) {
  const auto& all = report.all;
  std::string text = "sample  " + counted(all.files, "file") + ", " + util::format_size(all.bytes) + " of " +
                     prose(report.sample);
  if (all.bytes < report.picked_bytes) {
    text +=
        " (the time was over before the other " + util::format_size(report.picked_bytes - all.bytes) + ")";
  }
  text += "\nspeed   " + fixed(speed(all.bytes, all.nanoseconds), 1) + " MB/s per core with all " +
          counted(all.rules, "rule") + " of " + counted(report.files.size(), "file") + ", " +
          fixed(speed(all.bytes, report.none.nanoseconds), 1) + " MB/s with none: what they share\n";
  if (all.failed > 0)
    text += "failed  " + counted(all.failed, "file") + " met a limit of libyara or a timeout\n";
  text += "\n  share  MB/s alone  rules  file\n";
  double others = 0;
  for (std::size_t i = 0; i < report.files.size(); ++i) {
    const auto& file = report.files[i];
    if (i >= kShown && !report.slow(file)) {
      others += report.share(file);
      continue;
    }
    text += right(fixed(report.share(file) * 100, 1), 6) + "%" +
            right(fixed(speed_alone(report, file), 1), 12) + right(std::to_string(file.rules), 7) + "  " +
            prose(file.file) + (report.slow(file) ? "  SLOW" : "") + "\n";
  }
  if (report.files.size() > kShown) {
    text += right(fixed(others * 100, 1), 6) + "%" + std::string(21, ' ') + "the " +
            std::to_string(report.files.size() - kShown) + " others together\n";
  }
  return text;
}

std::string as_json(const BenchReport& report) {
  OrderedJson files = OrderedJson::array();
  for (const auto& file : report.files) {
    files.push_back({{"file", prose(file.file)},
                     {"rules", file.rules},
                     {"nanoseconds", file.nanoseconds},
                     {"share", report.share(file)},
                     {"mb_per_second_alone", speed_alone(report, file)},
                     {"slow", report.slow(file)}});
  }
  const auto& all = report.all;
  return printed({{"sample", prose(report.sample)},
                  {"sample_files", all.files},
                  {"sample_bytes", all.bytes},
                  {"picked_bytes", report.picked_bytes},
                  {"failed_files", all.failed},
                  {"rules", all.rules},
                  {"nanoseconds", all.nanoseconds},
                  {"mb_per_second", speed(all.bytes, all.nanoseconds)},
                  {"mb_per_second_without_rules", speed(all.bytes, report.none.nanoseconds)},
                  {"files", std::move(files)}});
}

}  // namespace portcullis::cli
