// SPDX-License-Identifier: Apache-2.0
#include "report_words.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>

namespace portcullis::cli {
namespace {

using findings::Action;
using findings::Reason;

constexpr std::string_view kLayer = "layer ";
constexpr std::size_t kStepLimit = 120;

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

std::string_view after(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

/// `|2 TOKEN=x A=b /bin/sh -c make` is how builders write RUN with build arguments.
std::string_view instruction(std::string_view created_by, std::string& prefix) {
  constexpr std::string_view kShell = "/bin/sh -c ";
  constexpr std::string_view kNop = "#(nop)";
  std::string_view text = after(created_by, "RUN ");
  if (text.starts_with('|')) {
    const std::size_t shell = text.find(kShell);
    if (shell == std::string_view::npos) return {};
    text.remove_prefix(shell);
  }
  const bool run = text.starts_with(kShell) || created_by.starts_with("RUN ");
  text = after(text, kShell);
  if (text.starts_with(kNop)) {
    text.remove_prefix(kNop.size());
  } else if (run) {
    prefix = "RUN ";
  }
  constexpr std::string_view kBuildkit = "# buildkit";
  if (text.ends_with(kBuildkit)) text.remove_suffix(kBuildkit.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

bool is_about_findings(const Reason& reason) {
  constexpr std::string_view kKinds[] = {"rule:", "layer:", "config:"};
  return std::ranges::any_of(kKinds, [&](auto kind) { return reason.code.starts_with(kind); });
}

std::size_t count_findings(const Report& report) {
  std::size_t count = 0;
  for (const ReportedBlob& blob : report.blobs) count += blob.result.findings.size();
  return count;
}

/// Whether a reason that asks for a block, or for the worst there is, begins with this.
bool speaks(const Report& report, Action action, std::string_view code) {
  return std::ranges::any_of(report.reasons, [&](const Reason& reason) {
    return reason.action == action && reason.code.starts_with(code);
  });
}

struct Blocking {
  std::size_t places = 0;
  bool all_files = true;  ///< false: one is a whole part, such as the config
};
/// Where something asks for a block, each place once.
Blocking blocking_places(const Report& report) {
  std::set<std::pair<const ReportedBlob*, std::string_view>> places;
  Blocking blocking;
  for (const Found& found : worst_first(report)) {
    if (found.action != Action::block) continue;
    places.emplace(found.blob, found.finding->path);
    if (found.finding->path.empty()) blocking.all_files = false;
  }
  blocking.places = places.size();
  return blocking;
}

std::string key(const std::string& code, findings::Severity severity) {
  return code + ' ' + std::string(findings::to_string(severity));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

std::string why_blocked(const Report& report) {
  std::vector<std::string> parts;
  if (const Blocking found = blocking_places(report); found.places != 0) {
    parts.push_back((found.all_files ? counted(found.places, "file", "files")
                                     : counted(found.places, "place", "places")) +
                    " in it " + (found.places == 1 ? "looks" : "look") + " harmful");
  }
  const auto add = [&](const char* code, const char* words) {
    if (speaks(report, Action::block, code)) parts.emplace_back(words);
  };
  add("name:", "its name imitates another one");
  add("manifest:", "it is put together in a way that hides something from a check");
  add("deny:", "your policy forbids it");
  add("cooldown", "it is newer than your policy allows");
  add("outcome:", "a part of it could not be checked");
  // Before anything was fetched there are no reasons on record, only the name.
  if (parts.empty() && report.blobs.empty() && !report.names.empty())
    parts.emplace_back("its name imitates another one");
  return parts.empty() ? "" : ": " + joined(parts);
}

std::string scope(const Report& report) {
  std::uint64_t files = 0;
  std::size_t layers = 0;
  for (const ReportedBlob& blob : report.blobs) {
    if (blob.place != "config") files += blob.result.counts.files;
    if (layer_number(blob) != 0) ++layers;
  }
  std::string text = counted(files, "file", "files");
  if (layers != 0) text += " in " + counted(layers, "layer", "layers");
  return text + (files == 1 ? " was checked" : " were checked");
}

std::string suggestion(const Report& report, Quote quote) {
  for (const findings::NameVerdict& name : report.names) {
    if (!name.suggestion.empty()) return quote(name.suggestion);
  }
  return {};
}

}  // namespace

std::string shown(std::string_view raw, std::size_t limit) {
  std::string text = util::safe_text(raw, limit);
  replace_all(text, "##", "#\\x23");
  // Commands of the other kind begin a line; a word is as far as anybody may break one.
  if (text.starts_with("::")) text.replace(1, 1, "\\x3a");
  replace_all(text, " ::", " :\\x3a");
  return text;
}

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow:
      return "allow";
    case Verdict::warn:
      return "warn";
    case Verdict::block:
      return "block";
    case Verdict::error:
      break;
  }
  return "error";
}

const char* headline(const Report& report) {
  switch (report.verdict) {
    case Verdict::allow:
      return "clean";
    case Verdict::warn:
      return "allowed, with findings";
    case Verdict::block:
      return report.enforcement == Enforcement::audit ? "would be BLOCKED" : "BLOCKED";
    case Verdict::error:
      break;
  }
  return "could not be judged";
}

std::string counted(std::uint64_t count, const char* one, const char* many) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits + " " + (count == 1 ? one : many);
}

std::size_t layer_number(const ReportedBlob& blob) {
  const std::string& place = blob.place;
  if (!place.starts_with(kLayer)) return 0;
  std::size_t number = 0;
  const char* end = place.data() + place.size();
  const auto [stop, error] = std::from_chars(place.data() + kLayer.size(), end, number);
  return error == std::errc() && stop == end ? number : 0;
}

std::size_t layer_count(const Report& report) {
  std::size_t count = report.config ? report.config->diff_ids.size() : 0;
  for (const ReportedBlob& blob : report.blobs) count = std::max(count, layer_number(blob));
  return count;
}

std::string title_of(const Report& report, const ReportedBlob& blob) {
  if (blob.place == "config") return "the image config";
  if (layer_number(blob) == 0) return blob.place.empty() ? "a part" : shown(blob.place);
  return blob.place + " of " + std::to_string(layer_count(report));
}

std::string made_by(const Report& report, const ReportedBlob& blob) {
  const std::size_t number = layer_number(blob);
  if (number == 0 || !report.config) return {};
  std::vector<const oci::HistoryEntry*> steps;
  for (const oci::HistoryEntry& entry : report.config->history) {
    if (!entry.empty_layer) steps.push_back(&entry);
  }
  // Not one step for each layer: then it says nothing reliable about any.
  if (steps.size() != layer_count(report)) return {};
  std::string prefix;
  const std::string_view text = instruction(steps[number - 1]->created_by, prefix);
  return text.empty() ? "" : shown(prefix.append(text), kStepLimit);
}

std::string code_of(const findings::Finding& finding) {
  using enum findings::Source;
  constexpr std::size_t kMaxCode = 80;  // as policy cuts it
  const std::string rule = util::safe_text(finding.rule, kMaxCode);
  switch (finding.source) {
    case yara:
      break;
    case layer_check:
      return "layer:" + rule;
    case config_check:
      return "config:" + rule;
    case manifest_check:
      return "manifest:" + rule;
    case name_check:
      return "name:" + rule;
  }
  return "rule:" + rule;
}

ReasonIndex::ReasonIndex(const Report& report) {
  for (const Reason& reason : report.reasons)
    by_code_.try_emplace(key(reason.code, reason.severity), &reason);
}

const Reason* ReasonIndex::of(const findings::Finding& finding) const {
  const auto found = by_code_.find(key(code_of(finding), finding.severity));
  return found == by_code_.end() ? nullptr : found->second;
}

std::string ReasonIndex::waiver_of(const findings::Finding& finding) const {
  const Reason* reason = of(finding);
  return reason == nullptr ? "" : shown(reason->waiver);
}

std::vector<Found> worst_first(const Report& report) {
  const ReasonIndex reasons(report);
  std::vector<Found> all;
  for (const ReportedBlob& blob : report.blobs) {
    for (const findings::Finding& finding : blob.result.findings) {
      const Reason* reason = reasons.of(finding);
      all.push_back({&blob, &finding, reason == nullptr ? Action::allow : reason->action});
    }
  }
  std::ranges::stable_sort(all, [](const Found& a, const Found& b) {
    return std::tie(a.action, a.finding->severity) > std::tie(b.action, b.finding->severity);
  });
  return all;
}

std::vector<const Reason*> other_reasons(const Report& report) {
  std::vector<const Reason*> others;
  for (const Reason& reason : report.reasons) {
    if (!is_about_findings(reason) && reason.action != Action::allow) others.push_back(&reason);
  }
  return others;
}

std::string conclusion(const Report& report, Quote quote) {
  const std::string image = quote(report.image);
  switch (report.verdict) {
    case Verdict::allow: {
      const bool spotless = count_findings(report) == 0;
      return (spotless ? "Nothing harmful was found in " : "Nothing that your policy minds was found in ") +
             image + (report.blobs.empty() ? "." : ": " + scope(report) + ".");
    }
    case Verdict::warn:
      return image + " may be used, but something in it deserves a look.";
    case Verdict::block:
      return "Do not use " + image + why_blocked(report) +
             (report.enforcement == Enforcement::audit
                  ? ". (Audit mode: this is reported, and nothing fails.)"
                  : ".");
    case Verdict::error:
      break;
  }
  return image + " could not be judged, so nothing is known about it: do not take it for clean.";
}

std::string next_step(const Report& report, Quote quote) {
  const std::string meant = suggestion(report, quote);
  const std::string spelling = meant.empty() ? "check how the name is spelt"
                                             : "did you mean " + meant + "? If not, check who publishes it";
  const Action blocks = Action::block;
  switch (report.verdict) {
    case Verdict::allow:
      return {};
    case Verdict::warn:
      if (count_findings(report) == 0 && !meant.empty()) return "Next: " + spelling + ".";
      return "Next: look at what is listed above; --fail-on SEVERITY makes it block.";
    case Verdict::block:
      if (blocking_places(report).places != 0) {
        return "Next: take the files above out of what builds those layers, or change the base image, and "
               "build "
               "again. If it is a false alarm, write a waiver (--waivers FILE).";
      }
      if (!meant.empty() || speaks(report, blocks, "name:")) return "Next: " + spelling + ".";
      if (speaks(report, blocks, "cooldown")) return "Next: wait, or use an older version until then.";
      if (speaks(report, blocks, "deny:"))
        return "Next: use another image, or ask whoever writes the policy.";
      return "Next: build it again with an up-to-date builder, or use another image.";
    case Verdict::error:
      break;
  }
  return (meant.empty() ? "Next: " : "Next: did you mean " + meant + "? If not, ") +
         std::string("remove the cause above and scan again.");
}

std::string tally(const std::vector<Report>& reports) {
  std::string text = counted(reports.size(), "image", "images") + ":";
  std::map<std::string_view, std::size_t> by_headline;
  for (const Report& report : reports) ++by_headline[headline(report)];
  const char* separator = " ";
  for (const auto& [words, count] : by_headline) {
    text.append(separator).append(std::to_string(count)).append(" ").append(words);
    separator = ", ";
  }
  return text + ".";
}

}  // namespace portcullis::cli
