// SPDX-License-Identifier: Apache-2.0
#include "portcullis/policy/waiver_rules.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "portcullis/oci/digest.hpp"
#include "portcullis/util/safe_text.hpp"
#include "text.hpp"

namespace portcullis::policy {
namespace {

using findings::Severity;
using findings::Waiver;

constexpr std::string_view kOutcome = "outcome:";

bool says_something(std::string_view term) { return term.find_first_not_of("*?/") != term.npos; }

tl::unexpected<util::Error> refuse(std::string_view what, std::string_view saw) {
  return util::fail(util::ErrorKind::invalid,
                    std::string(what).append(", saw '").append(util::safe_text(saw)).append("'"));
}

bool is_file_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

util::Result<void> check_terms(const Waiver& waiver) {
  if (!waiver.digest.empty() && !oci::Digest::parse(waiver.digest)) {
    return refuse("digest must be that of a manifest, sha256: and 64 hex digits", waiver.digest);
  }
  if (!waiver.file_hash.empty() && !is_file_hash(waiver.file_hash)) {
    return refuse("file hash must be a SHA-256, 64 lower-case hex digits", waiver.file_hash);
  }
  if (!waiver.repository.empty() &&
      (!says_something(waiver.repository) || waiver.repository.find('/') == std::string::npos)) {
    return refuse("repository must be a pattern over host/repository (e.g. docker.io/library/*)",
                  waiver.repository);
  }
  if (!waiver.rule.empty() && !says_something(waiver.rule)) {
    return refuse("rule must name a rule or check, or be a pattern over their names (e.g. miner_*)",
                  waiver.rule);
  }
  if (scope_terms(waiver) < 2) {
    return util::fail(
        util::ErrorKind::invalid,
        "a waiver needs at least two of rule, repository, digest and file hash, so that it is not "
        "wider than was meant");
  }
  return {};
}

bool is_outcome(std::string_view name) {
  const auto outcome = findings::parse_outcome(name);
  return outcome && *outcome != findings::Outcome::complete;
}

/// Reasons that are not findings.
util::Result<void> check_special(const Waiver& waiver) {
  const std::string_view rule = waiver.rule;
  if (rule.starts_with("deny:")) {
    return refuse("what policy denies by name or digest is changed in the policy, not waived", rule);
  }
  const bool outcome = rule.starts_with(kOutcome);
  if (outcome && !is_outcome(rule.substr(kOutcome.size()))) {
    return refuse("expected the outcome of a scan, such as outcome:unscannable", rule);
  }
  if (outcome && waiver.digest.empty()) {
    return refuse("an image that could not be judged is waived by its digest only; name one", rule);
  }
  if ((outcome || rule == "cooldown" || is_about_names(rule)) && !waiver.file_hash.empty()) {
    return refuse("this reason is about a whole image or its name; leave the file hash out", rule);
  }
  return {};
}

util::Result<void> check_severity(const Waiver& waiver, std::optional<Severity> worst) {
  if (waiver.rule == "cooldown" || is_about_names(waiver.rule) || !waiver.digest.empty() ||
      !waiver.file_hash.empty())
    return {};
  if (worst.value_or(Severity::critical) < Severity::high) return {};
  return refuse(
      worst ? "a rule of severity high or critical is waived for a digest or a file hash only; name one"
            : "this may match rules of severity high or critical; name a digest or a file hash",
      waiver.rule);
}

util::Result<void> check_expiry(const Waiver& waiver, std::chrono::milliseconds longest,
                                util::TimePoint now) {
  const auto saw = util::to_rfc3339(waiver.expires);
  if (waiver.expires <= now) return refuse("expiry must be in the future", saw);
  if (waiver.expires - now > longest) {
    return refuse("expiry must be within " + exact_duration(longest) + " (waivers.longest)", saw);
  }
  return {};
}

}  // namespace

util::Result<void> check_waiver_text(std::string_view name, std::string_view text,
                                     const WaiverLimits& limits) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) {
    return util::fail(util::ErrorKind::invalid,
                      std::string(name) + " is missing: an exception says who and why");
  }
  if (text.size() > limits.text) {
    return util::fail(util::ErrorKind::invalid,
                      std::string(name) + " is longer than " + std::to_string(limits.text) + " bytes");
  }
  return {};
}

bool is_about_names(std::string_view rule) { return rule.starts_with("name:"); }

int scope_terms(const Waiver& waiver) {
  return int{says_something(waiver.rule)} + int{says_something(waiver.repository)} +
         int{!waiver.digest.empty()} + int{!waiver.file_hash.empty()};
}

util::Result<void> check_waiver(const Waiver& waiver, std::optional<Severity> worst,
                                const WaiverLimits& limits, util::TimePoint now) {
  const util::Result<void> results[] = {check_terms(waiver),
                                        check_special(waiver),
                                        check_severity(waiver, worst),
                                        check_waiver_text("reason", waiver.reason, limits),
                                        check_waiver_text("author", waiver.author, limits),
                                        check_expiry(waiver, limits.longest, now)};
  const auto failed = std::ranges::find_if(results, [](const auto& result) { return !result; });
  return failed == std::end(results) ? util::Result<void>{} : *failed;
}

}  // namespace portcullis::policy
