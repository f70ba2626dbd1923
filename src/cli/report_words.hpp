// SPDX-License-Identifier: Apache-2.0
//
// What the formats of a report have in common: words. Everything here takes raw text and gives safe text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "portcullis/util/safe_text.hpp"
#include "report.hpp"

namespace portcullis::cli {

inline constexpr std::size_t kPathLimit = 400;
inline constexpr std::size_t kProseLimit = 1000;

/// util::safe_text() for the log of a CI job: what reads such a log takes `::error::`, `##[group]` and
/// `##vso[...]` for commands, and a file name must not give any.
std::string shown(std::string_view raw, std::size_t limit = util::kSafeTextLimit);

/// "allow", "warn", "block", "error".
const char* name_of(Verdict verdict);
/// "clean", "allowed, with findings", "BLOCKED", "could not be judged".
const char* headline(const Report& report);

/// "1 file", "12,345 files".
std::string counted(std::uint64_t count, const char* one, const char* many);

/// 3 of "layer 3", 0 of everything else.
std::size_t layer_number(const ReportedBlob& blob);
/// Of the image, as far as the report knows them.
std::size_t layer_count(const Report& report);
/// "layer 3 of 7", "the image config".
std::string title_of(const Report& report, const ReportedBlob& blob);
/// The line of the Dockerfile that the layer comes from, as the image claims: `COPY app /usr/bin/app`. Empty
/// when it does not say. Build arguments are left out: people put secrets there.
std::string made_by(const Report& report, const ReportedBlob& blob);

/// As the codes of reasons name it: `rule:miner_xmrig`.
std::string code_of(const findings::Finding& finding);
/// What became of findings. Refers to the report, which stays where it is.
class ReasonIndex {
 public:
  explicit ReasonIndex(const Report& report);
  /// nullptr when no reason speaks of it. Of several with its rule the one that asks for the most.
  const findings::Reason* of(const findings::Finding& finding) const;
  /// "" when nobody signed for it.
  std::string waiver_of(const findings::Finding& finding) const;

 private:
  std::unordered_map<std::string, const findings::Reason*> by_code_;
};

/// A finding with where it is and what it asked for.
struct Found {
  const ReportedBlob* blob;
  const findings::Finding* finding;
  findings::Action action;
};
/// What blocks before what warns, then the most severe.
std::vector<Found> worst_first(const Report& report);

/// Reasons that no finding of a blob stands behind: names, the manifest, scans without an end, cooldown.
std::vector<const findings::Reason*> other_reasons(const Report& report);

/// How a format writes down something raw in the middle of a sentence.
using Quote = std::string (*)(std::string_view raw);
inline std::string quote_plainly(std::string_view raw) { return shown(raw); }

/// One plain sentence about the image, for somebody who knows neither rules nor layers.
std::string conclusion(const Report& report, Quote quote = quote_plainly);
/// What to do now, as a sentence; empty when there is nothing to do.
std::string next_step(const Report& report, Quote quote = quote_plainly);
/// For several images: how many of each.
std::string tally(const std::vector<Report>& reports);

}  // namespace portcullis::cli
