// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>

#include "inputs.hpp"

namespace portcullis::policy {
namespace {

using namespace samples;
using Effect = findings::NameVerdict::Effect;
using namespace std::chrono_literals;
using findings::Action;
using findings::Outcome;
using findings::Severity;
using Change = std::function<void(Policy&, Inputs&)>;

struct Row {
  const char* name;
  Change change;     ///< on the default policy and the clean image
  Action action;     ///< of the decision
  std::string code;  ///< of the first reason; empty: there is no reason at all
  std::string text;  ///< of the first reason, whole
  std::string waiver = {};
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

void add(Inputs& inputs, std::size_t blob, findings::Finding finding) {
  inputs.blobs[blob].result.findings.push_back(std::move(finding));
}

Change found(Severity severity) {
  return [severity](Policy&, Inputs& i) { add(i, 2, finding("miner_xmrig", severity)); };
}

Change ended(Outcome outcome, const std::string& reason = {}) {
  return [=](Policy&, Inputs& i) {
    i.blobs[2].result.outcome = outcome;
    i.blobs[2].result.reason = reason;
  };
}

Change both(const Change& first, const Change& second) {
  return [=](Policy& p, Inputs& i) {
    first(p, i);
    second(p, i);
  };
}

/// `waived(w1 for rule, changes to it)` on top of a finding or an outcome.
Change waived(
    const Change& first, const std::string& rule,
    const std::function<void(findings::Waiver&)>& change = [](auto&) {}) {
  return both(first, [=](Policy&, Inputs& i) {
    auto w = waiver(rule);
    change(w);
    i.waivers.push_back(w);
  });
}

Change allowed(const Change& first, const std::string& pattern = "docker.io/library/*") {
  return both(first, [=](Policy& p, Inputs&) { p.allow_repositories = {pattern}; });
}

Change on(Outcome outcome, Action action) {
  return both(ended(outcome),
              [=](Policy& p, Inputs&) { p.on_outcome[static_cast<std::size_t>(outcome)] = action; });
}

Change cooling(std::chrono::milliseconds wanted, std::optional<std::chrono::milliseconds> seen,
               std::optional<std::chrono::milliseconds> created = {}) {
  return [=](Policy& p, Inputs& i) {
    p.cooldown = wanted;
    i.first_seen.reset();
    if (seen) i.first_seen = kNow - *seen;
    if (created) i.created = kNow - *created;
  };
}

Change named(Effect effect, const std::string& text = "registry ghrc.io looks like ghcr.io (adjacent swap)") {
  return [=](Policy&, Inputs& i) {
    i.names.push_back({"registry", "adjacent swap", "ghcr.io", 0.9, Severity::high, text});
    i.names.back().effect = effect;
  };
}

Change listed(std::string_view operation) {
  return [=](Policy&, Inputs& i) {
    i.names.push_back({"name", std::string(operation), "", 1, Severity::critical,
                       "name docker.io/x is " + std::string(operation)});
    i.names.back().effect = Effect::block;
  };
}

Change names(const std::function<void(NameSettings&)>& set) {
  return [=](Policy& p, Inputs&) { set(p.names); };
}

Change seen(std::chrono::milliseconds ago) {
  return [=](Policy&, Inputs& i) { i.first_seen = kNow - ago; };
}

Change suspected(const std::string& component, Effect effect = Effect::warn) {
  return [=](Policy&, Inputs& i) {
    i.names.push_back(
        {component, "omission", "nginx", 0.9, Severity::medium, component + " ngnx looks like nginx"});
    i.names.back().effect = effect;
  };
}

void nothing(Policy&, Inputs&) {}

const std::string kMinerHigh = "rule miner_xmrig (high) matched usr/bin/x in layer 2";
const std::string kMinerMedium = "rule miner_xmrig (medium) matched usr/bin/x in layer 2";
const std::string kTimedOut = "layer 2 could not be judged: timed out";
const std::string kLifted = "; the repository is allowed by policy";
const std::string kSuspected = "repository ngnx looks like nginx";
const std::string kNew = " (the digest was first seen less than 7 days ago)";
const std::string kSwap = "registry ghrc.io looks like ghcr.io (adjacent swap)";

std::vector<Row> finding_rows() {
  return {
      {"clean", nothing, Action::allow, "", ""},
      {"info_finding", found(Severity::info), Action::allow, "rule:miner_xmrig",
       "rule miner_xmrig (info) matched usr/bin/x in layer 2"},
      {"low_finding", found(Severity::low), Action::warn, "rule:miner_xmrig",
       "rule miner_xmrig (low) matched usr/bin/x in layer 2"},
      {"medium_finding", found(Severity::medium), Action::warn, "rule:miner_xmrig", kMinerMedium},
      {"high_finding", found(Severity::high), Action::block, "rule:miner_xmrig", kMinerHigh},
      {"critical_finding", found(Severity::critical), Action::block, "rule:miner_xmrig",
       "rule miner_xmrig (critical) matched usr/bin/x in layer 2"},
      {"unknown_severity_blocks", found(static_cast<Severity>(99)), Action::block, "rule:miner_xmrig",
       "rule miner_xmrig (" + std::string(to_string(static_cast<Severity>(99))) +
           ") matched usr/bin/x in layer 2"},
      {"block_at_critical_lets_high_warn",
       both(found(Severity::high), [](Policy& p, Inputs&) { p.block_at = Severity::critical; }), Action::warn,
       "rule:miner_xmrig", kMinerHigh},
      {"block_at_medium",
       both(found(Severity::medium), [](Policy& p, Inputs&) { p.block_at = Severity::medium; }),
       Action::block, "rule:miner_xmrig", kMinerMedium},
      {"warn_at_high_lets_medium_pass",
       both(found(Severity::medium), [](Policy& p, Inputs&) { p.warn_at = Severity::high; }), Action::allow,
       "rule:miner_xmrig", kMinerMedium},
      {"warn_at_above_block_at_still_blocks",
       both(found(Severity::high), [](Policy& p, Inputs&) { p.warn_at = Severity::critical; }), Action::block,
       "rule:miner_xmrig", kMinerHigh},
      {"finding_in_the_config",
       [](Policy&, Inputs& i) { add(i, 0, finding("miner_args", Severity::high, "")); }, Action::block,
       "rule:miner_args", "rule miner_args (high) matched in the image config"},
      {"config_is_one_document",
       [](Policy&, Inputs& i) { add(i, 0, finding("miner_args", Severity::high, "config.json")); },
       Action::block, "rule:miner_args", "rule miner_args (high) matched in the image config"},
      {"finding_without_a_path", [](Policy&, Inputs& i) { add(i, 1, finding("r", Severity::high, "")); },
       Action::block, "rule:r", "rule r (high) matched in layer 1"},
      {"layer_check",
       [](Policy&, Inputs& i) {
         auto f = finding("preload_file", Severity::high, "etc/ld.so.preload");
         f.source = findings::Source::layer_check;
         add(i, 1, f);
       },
       Action::block, "layer:preload_file", "check preload_file (high) flagged etc/ld.so.preload in layer 1"},
      {"config_check",
       [](Policy&, Inputs& i) {
         auto f = finding("runs_as_root", Severity::low, "");
         f.source = findings::Source::config_check;
         add(i, 0, f);
       },
       Action::warn, "config:runs_as_root", "check runs_as_root (low) flagged the image config"},
      {"manifest_check",
       [](Policy&, Inputs& i) {
         auto f = finding("foreign_layer", Severity::critical, "");
         f.source = findings::Source::manifest_check;
         i.structure = {f};
       },
       Action::block, "manifest:foreign_layer", "check foreign_layer (critical) flagged the manifest"},
      {"nested_path",
       [](Policy&, Inputs& i) { add(i, 1, finding("r", Severity::high, "opt/app.jar!/META-INF/x.sh")); },
       Action::block, "rule:r", "rule r (high) matched opt/app.jar!/META-INF/x.sh in layer 1"},
      {"hostile_path",
       [](Policy&, Inputs& i) { add(i, 1, finding("r", Severity::high, std::string("a\r\nB\0\xff\\", 7))); },
       Action::block, "rule:r", R"(rule r (high) matched a\x0d\x0aB\x00\xff\\ in layer 1)"},
      {"hostile_rule_and_place",
       [](Policy&, Inputs& i) {
         i.blobs[1].place = "layer\n1";
         add(i, 1, finding("r\x1b[31m", Severity::high));
       },
       Action::block, R"(rule:r\x1b[31m)", R"(rule r\x1b[31m (high) matched usr/bin/x in layer\x0a1)"},
      {"truncated_findings_are_said", [](Policy&, Inputs& i) { i.blobs[1].result.findings_truncated = true; },
       Action::allow, "findings:truncated", "layer 1 has more findings than are kept; the worst are kept"},
      {"findings_of_an_unfinished_scan_count",
       both(found(Severity::critical), on(Outcome::timed_out, Action::allow)), Action::block,
       "rule:miner_xmrig", "rule miner_xmrig (critical) matched usr/bin/x in layer 2"},
  };
}

std::vector<Row> outcome_rows() {
  return {
      {"timed_out", ended(Outcome::timed_out), Action::block, "outcome:timed_out", kTimedOut},
      {"unscannable_with_reason", ended(Outcome::unscannable, "ambiguous layer\n"), Action::block,
       "outcome:unscannable", R"(layer 2 could not be judged: unscannable (ambiguous layer\x0a))"},
      {"over_a_limit", ended(Outcome::limit, "256 MiB"), Action::block, "outcome:limit",
       "layer 2 could not be judged: over a limit (256 MiB)"},
      {"violation", ended(Outcome::violation, "openat"), Action::block, "outcome:violation",
       "layer 2 could not be judged: the scanner tried something forbidden (openat)"},
      {"crashed", ended(Outcome::crashed, "signal 11"), Action::block, "outcome:crashed",
       "layer 2 could not be judged: the scanner crashed (signal 11)"},
      {"garbled", ended(Outcome::garbled), Action::block, "outcome:garbled",
       "layer 2 could not be judged: the scanner's answer was garbled"},
      {"unavailable", ended(Outcome::unavailable, "queue full"), Action::block, "outcome:unavailable",
       "layer 2 could not be judged: no scanner was available (queue full)"},
      {"default_scan_result", [](Policy&, Inputs& i) { i.blobs[2].result = {}; }, Action::block,
       "outcome:unavailable", "layer 2 could not be judged: no scanner was available"},
      {"unknown_outcome", ended(static_cast<Outcome>(99)), Action::block, "outcome:unknown",
       "layer 2 could not be judged: an unknown outcome"},
      {"unknown_outcome_is_not_lifted_by_a_pattern", allowed(ended(static_cast<Outcome>(99))), Action::block,
       "outcome:unknown", "layer 2 could not be judged: an unknown outcome"},
      {"config_outcome", [](Policy&, Inputs& i) { i.blobs[0].result.outcome = Outcome::crashed; },
       Action::block, "outcome:crashed", "the image config could not be judged: the scanner crashed"},
      {"policy_warns_on_time_out", on(Outcome::timed_out, Action::warn), Action::warn, "outcome:timed_out",
       kTimedOut},
      {"policy_allows_time_out_and_says_so", on(Outcome::timed_out, Action::allow), Action::allow,
       "outcome:timed_out", kTimedOut},
      {"policy_for_another_outcome_changes_nothing",
       both(on(Outcome::limit, Action::allow), ended(Outcome::timed_out)), Action::block, "outcome:timed_out",
       kTimedOut},
      {"setting_for_complete_is_ignored", on(Outcome::complete, Action::block), Action::allow, "", ""},
      {"unknown_action_blocks", on(Outcome::timed_out, static_cast<Action>(99)), Action::block,
       "outcome:timed_out", kTimedOut},
  };
}

std::vector<Row> name_and_list_rows() {
  const auto deny = [](const std::string& what) {
    return [what](Policy& p, Inputs&) { p.deny_digests = {digest("unrelated"), digest(what)}; };
  };
  const auto deny_text = [](const std::string& where, const std::string& what) {
    return where + " is denied by its digest " + digest(what).text();
  };
  const auto deny_repository = [](const std::string& pattern) {
    return [pattern](Policy& p, Inputs&) { p.deny_repositories = {"quay.io/*", pattern}; };
  };
  const std::string denied =
      "repository docker.io/library/nginx is denied by the pattern docker.io/library/*";
  return {
      {"denied_manifest", deny("manifest"), Action::block, "deny:digest",
       deny_text("the manifest", "manifest")},
      {"denied_config", deny("config"), Action::block, "deny:digest",
       deny_text("the image config", "config")},
      {"denied_layer", deny("layer 2"), Action::block, "deny:digest", deny_text("layer 2", "layer 2")},
      {"denied_digest_of_something_else", deny("other"), Action::allow, "", ""},
      {"denied_digest_is_not_lifted_by_a_pattern", allowed(deny("layer 1")), Action::block, "deny:digest",
       deny_text("layer 1", "layer 1")},
      {"denied_digest_is_not_waived", waived(deny("manifest"), "deny:digest"), Action::block, "deny:digest",
       deny_text("the manifest", "manifest")},
      {"denied_repository", deny_repository("docker.io/library/*"), Action::block, "deny:repository", denied},
      {"denied_repository_is_not_allowed_by_a_pattern", allowed(deny_repository("docker.io/library/*")),
       Action::block, "deny:repository", denied},
      {"denied_repository_is_not_waived", waived(deny_repository("docker.io/library/*"), "deny:repository"),
       Action::block, "deny:repository", denied},
      {"deny_pattern_covers_the_whole_name", deny_repository("library/nginx"), Action::allow, "", ""},
      {"allow_pattern_turns_a_finding_into_a_warning", allowed(found(Severity::high)), Action::warn,
       "rule:miner_xmrig", kMinerHigh + kLifted},
      {"allow_pattern_leaves_a_warning_alone", allowed(found(Severity::medium)), Action::warn,
       "rule:miner_xmrig", kMinerMedium},
      {"allow_pattern_turns_an_outcome_into_a_warning", allowed(ended(Outcome::timed_out)), Action::warn,
       "outcome:timed_out", kTimedOut + kLifted},
      {"allow_pattern_turns_a_cooldown_into_a_warning", allowed(cooling(24h, 1h)), Action::warn, "cooldown",
       "first seen 1 hour ago, policy wants 1 day" + kLifted},
      {"allow_pattern_of_another_repository", allowed(found(Severity::high), "docker.io/library/redis"),
       Action::block, "rule:miner_xmrig", kMinerHigh},
      {"allow_pattern_does_not_match_a_part", allowed(found(Severity::high), "library/nginx"), Action::block,
       "rule:miner_xmrig", kMinerHigh},
      {"registry_that_blocks", named(Effect::block), Action::block, "name:registry", kSwap},
      {"registry_that_warns", both(named(Effect::block), names([](auto& n) { n.registry = Action::warn; })),
       Action::warn, "name:registry", kSwap},
      {"registry_off", both(named(Effect::block), names([](auto& n) { n.registry = Action::allow; })),
       Action::allow, "", ""},
      {"registry_that_is_not_sure", named(Effect::warn), Action::warn, "name:registry", kSwap},
      {"known_bad_name", listed("known-bad"), Action::block, "name:name", "name docker.io/x is known-bad"},
      {"known_bad_that_warns", both(listed("known-bad"), names([](auto& n) { n.known_bad = Action::warn; })),
       Action::warn, "name:name", "name docker.io/x is known-bad"},
      {"denied_name_whatever_the_modes", both(listed("denied"), names([](auto& n) {
                                                n = {Action::allow, Action::allow, {}, {}};
                                              })),
       Action::block, "deny:name", "name docker.io/x is denied"},
      {"denied_name_is_not_waived", waived(listed("denied"), "deny:name"), Action::block, "deny:name",
       "name docker.io/x is denied"},
      {"suspected_name_warns", suspected("repository"), Action::warn, "name:repository", kSuspected},
      {"suspected_and_new", both(suspected("repository"), seen(24h)), Action::block, "name:repository",
       kSuspected + kNew},
      {"suspected_and_new_days_are_over", both(suspected("repository"), seen(24h * 7)), Action::warn,
       "name:repository", kSuspected},
      {"suspected_and_a_finding", both(suspected("repository"), found(Severity::medium)), Action::block,
       "name:repository", kSuspected + " (the image has a finding of severity medium)"},
      {"suspected_and_a_small_finding", both(suspected("repository"), found(Severity::low)), Action::warn,
       "name:repository", kSuspected},
      {"suspected_and_a_waived_finding",
       waived(both(suspected("repository"), found(Severity::medium)), "miner_xmrig"), Action::warn,
       "name:repository", kSuspected},
      {"suspected_namespace_never_served", suspected("namespace"), Action::block, "name:namespace",
       "namespace ngnx looks like nginx (nothing of this repository was served here before)"},
      {"suspected_namespace_served_before",
       both(suspected("namespace"), [](Policy&, Inputs& i) { i.repository_served_before = true; }),
       Action::warn, "name:namespace", "namespace ngnx looks like nginx"},
      {"hint_and_new", both(suspected("repository", Effect::hint), seen(24h)), Action::warn,
       "name:repository", kSuspected},
      {"suspicions_off", both(both(suspected("repository"), seen(24h)), names([](auto& n) {
                                n.suspicions.alone = n.suspicions.with_second_signal = Action::allow;
                              })),
       Action::allow, "", ""},
      {"suspicions_block",
       both(suspected("repository"), names([](auto& n) { n.suspicions.alone = Action::block; })),
       Action::block, "name:repository", kSuspected},
      {"suspected_name_waived_for_the_repository",
       [](Policy& p, Inputs& i) {
         both(suspected("repository"), seen(24h))(p, i);
         i.waivers.push_back(waiver("name:*"));
         i.waivers.back().digest = {};
         i.waivers.back().repository = "docker.io/library/nginx";
       },
       Action::warn, "name:repository", kSuspected + kNew + "; waived by w1", "w1"},
      {"name_without_words", named(Effect::block, ""), Action::block, "name:registry",
       "registry looks like ghcr.io"},
      {"hostile_name", named(Effect::block, "a\nb"), Action::block, "name:registry", R"(a\x0ab)"},
      {"waived_name", waived(named(Effect::block), "name:registry"), Action::warn, "name:registry",
       kSwap + "; waived by w1", "w1"},
  };
}

std::vector<Row> cooldown_rows() {
  return {
      {"cooldown_off", cooling(0h, 0h), Action::allow, "", ""},
      {"cooldown_off_and_never_seen", cooling(0h, {}), Action::allow, "", ""},
      {"younger_than_the_cooldown", cooling(72h, 3h), Action::block, "cooldown",
       "first seen 3 hours ago, policy wants 3 days"},
      {"one_millisecond_too_young", cooling(72h, 72h - 1ms), Action::block, "cooldown",
       "first seen 2 days ago, policy wants 3 days"},
      {"exactly_old_enough", cooling(72h, 72h), Action::allow, "", ""},
      {"never_seen", cooling(36h, {}), Action::block, "cooldown",
       "first seen 0 seconds ago, policy wants 36 hours"},
      {"first_seen_in_the_future", cooling(1min, -5h), Action::block, "cooldown",
       "first seen 0 seconds ago, policy wants 1 minute"},
      {"created_lately", cooling(24h, 48h, 90s), Action::block, "cooldown",
       "created 1 minute ago by its own account, policy wants 1 day"},
      {"created_in_the_future", cooling(24h, 48h, -90s), Action::block, "cooldown",
       "created 0 seconds ago by its own account, policy wants 1 day"},
      {"created_long_ago_does_not_help", cooling(24h, 1h, 9'000h), Action::block, "cooldown",
       "first seen 1 hour ago, policy wants 1 day"},
      {"seen_and_created_long_ago", cooling(24h, 48h, 48h), Action::allow, "", ""},
      {"odd_cooldown", cooling(1'500ms, 0ms), Action::block, "cooldown",
       "first seen 0 seconds ago, policy wants 1500 ms"},
      {"waived_cooldown", waived(cooling(24h, 1h), "cooldown"), Action::warn, "cooldown",
       "first seen 1 hour ago, policy wants 1 day; waived by w1", "w1"},
      {"cooldown_wants_its_own_waiver", waived(cooling(24h, 1h), "*"), Action::block, "cooldown",
       "first seen 1 hour ago, policy wants 1 day"},
  };
}

std::vector<Row> waiver_rows() {
  const auto high = found(Severity::high);
  const auto medium = found(Severity::medium);
  const auto time_out = ended(Outcome::timed_out);
  const auto with_medium_blocking = both(medium, [](Policy& p, Inputs&) { p.block_at = Severity::medium; });
  const std::string waived_high = kMinerHigh + "; waived by w1";
  const auto no_digest = [](findings::Waiver& w) {
    w.digest.clear();
    w.repository = "docker.io/*";
  };
  return {
      {"waived_by_rule_and_digest", waived(high, "miner_xmrig"), Action::warn, "rule:miner_xmrig",
       waived_high, "w1"},
      {"waived_by_glob", waived(high, "miner_*"), Action::warn, "rule:miner_xmrig", waived_high, "w1"},
      {"waived_by_digest_and_repository",
       waived(high, "", [](auto& w) { w.repository = "docker.io/library/*"; }), Action::warn,
       "rule:miner_xmrig", waived_high, "w1"},
      {"waived_by_file_hash",
       waived(high, "miner_xmrig",
              [](auto& w) {
                w.digest.clear();
                w.file_hash = std::string(64, 'f');
              }),
       Action::warn, "rule:miner_xmrig", waived_high, "w1"},
      {"waived_warning_stays_a_warning", waived(medium, "miner_xmrig"), Action::warn, "rule:miner_xmrig",
       kMinerMedium + "; waived by w1", "w1"},
      {"below_the_threshold_needs_no_waiver", waived(found(Severity::info), "miner_xmrig"), Action::allow,
       "rule:miner_xmrig", "rule miner_xmrig (info) matched usr/bin/x in layer 2"},
      {"waiver_of_another_rule", waived(high, "eicar"), Action::block, "rule:miner_xmrig", kMinerHigh},
      {"waiver_of_another_digest",
       waived(high, "miner_xmrig", [](auto& w) { w.digest = digest("other").text(); }), Action::block,
       "rule:miner_xmrig", kMinerHigh},
      {"waiver_of_another_repository",
       waived(high, "miner_xmrig", [](auto& w) { w.repository = "quay.io/*"; }), Action::block,
       "rule:miner_xmrig", kMinerHigh},
      {"waiver_of_another_file",
       waived(high, "miner_xmrig", [](auto& w) { w.file_hash = std::string(64, '0'); }), Action::block,
       "rule:miner_xmrig", kMinerHigh},
      {"expired_waiver", waived(high, "miner_xmrig", [](auto& w) { w.expires = kNow - 1ms; }), Action::block,
       "rule:miner_xmrig", kMinerHigh},
      {"waiver_expires_now", waived(high, "miner_xmrig", [](auto& w) { w.expires = kNow; }), Action::block,
       "rule:miner_xmrig", kMinerHigh},
      {"default_waiver_does_nothing", both(high, [](Policy&, Inputs& i) { i.waivers.emplace_back(); }),
       Action::block, "rule:miner_xmrig", kMinerHigh},
      {"one_scope_term_is_too_wide",
       waived(with_medium_blocking, "miner_xmrig", [](auto& w) { w.digest.clear(); }), Action::block,
       "rule:miner_xmrig", kMinerMedium},
      {"high_needs_digest_or_file_hash", waived(high, "miner_xmrig", no_digest), Action::block,
       "rule:miner_xmrig", kMinerHigh},
      {"medium_is_waived_without_a_digest", waived(with_medium_blocking, "miner_xmrig", no_digest),
       Action::warn, "rule:miner_xmrig", kMinerMedium + "; waived by w1", "w1"},
      {"waived_outcome", waived(time_out, "outcome:timed_out"), Action::warn, "outcome:timed_out",
       kTimedOut + "; waived by w1", "w1"},
      {"outcome_wants_its_exact_name", waived(time_out, "outcome:*"), Action::block, "outcome:timed_out",
       kTimedOut},
      {"outcome_is_not_waived_by_an_empty_rule", waived(time_out, "", [](auto& w) { w.repository = "*"; }),
       Action::block, "outcome:timed_out", kTimedOut},
      {"outcome_wants_a_digest", waived(time_out, "outcome:timed_out", no_digest), Action::block,
       "outcome:timed_out", kTimedOut},
      {"outcome_of_another_name", waived(time_out, "outcome:crashed"), Action::block, "outcome:timed_out",
       kTimedOut},
      {"outcome_is_not_waived_by_a_file_hash",
       waived(time_out, "outcome:timed_out", [](auto& w) { w.file_hash = std::string(64, 'f'); }),
       Action::block, "outcome:timed_out", kTimedOut},
      {"unknown_outcome_is_not_waived", waived(ended(static_cast<Outcome>(99)), "outcome:unknown"),
       Action::block, "outcome:unknown", "layer 2 could not be judged: an unknown outcome"},
      {"first_of_two_waivers_by_id",
       waived(waived(high, "miner_xmrig", [](auto& w) { w.id = "w9"; }), "miner_xmrig"), Action::warn,
       "rule:miner_xmrig", waived_high, "w1"},
      {"waiver_of_one_finding_leaves_the_other",
       waived(both(high, [](Policy&, Inputs& i) { add(i, 1, finding("eicar", Severity::high)); }),
              "miner_xmrig"),
       Action::block, "rule:eicar", "rule eicar (high) matched usr/bin/x in layer 1"},
  };
}

class Decide : public testing::TestWithParam<Row> {};

TEST_P(Decide, ActionAndFirstReason) {
  const auto& row = GetParam();
  Policy policy;
  auto inputs = clean();
  row.change(policy, inputs);
  const auto decision = decide(policy, inputs, kNow);
  EXPECT_EQ(to_string(decision.action), to_string(row.action));
  EXPECT_FALSE(decision.would_block);
  EXPECT_EQ(decision.summary.empty(), row.action == Action::allow);
  if (row.code.empty()) {
    EXPECT_TRUE(decision.reasons.empty());
    return;
  }
  ASSERT_FALSE(decision.reasons.empty());
  EXPECT_EQ(decision.reasons[0].code, row.code);
  EXPECT_EQ(decision.reasons[0].text, row.text);
  EXPECT_EQ(decision.reasons[0].waiver, row.waiver);
}

/// Every row again: audit mode serves what enforce mode blocks, says so, and changes nothing else.
TEST_P(Decide, AuditModeNeverBlocks) {
  const auto& row = GetParam();
  Policy policy;
  auto inputs = clean();
  row.change(policy, inputs);
  const auto enforced = decide(policy, inputs, kNow);
  policy.mode = Mode::audit;
  const auto audited = decide(policy, inputs, kNow);
  EXPECT_EQ(audited.would_block, enforced.action == Action::block);
  EXPECT_EQ(to_string(audited.action), to_string(std::min(enforced.action, Action::warn)));
  EXPECT_EQ(audited.summary, enforced.summary);
  EXPECT_EQ(audited.reasons.size(), enforced.reasons.size());
}

const auto kRowName = [](const auto& row) { return std::string(row.param.name); };
INSTANTIATE_TEST_SUITE_P(Findings, Decide, testing::ValuesIn(finding_rows()), kRowName);
INSTANTIATE_TEST_SUITE_P(Outcomes, Decide, testing::ValuesIn(outcome_rows()), kRowName);
INSTANTIATE_TEST_SUITE_P(NamesAndLists, Decide, testing::ValuesIn(name_and_list_rows()), kRowName);
INSTANTIATE_TEST_SUITE_P(Cooldown, Decide, testing::ValuesIn(cooldown_rows()), kRowName);
INSTANTIATE_TEST_SUITE_P(Waivers, Decide, testing::ValuesIn(waiver_rows()), kRowName);

TEST(Reasons, WorstFirstAndTheSameForAnyOrderOfFindings) {
  auto inputs = clean();
  const std::vector<findings::Finding> found = {
      finding("c", Severity::low),       finding("a", Severity::high), finding("b", Severity::critical),
      finding("a", Severity::high, "b"), finding("d", Severity::info), finding("e", Severity::medium)};
  inputs.blobs[1].result.findings = found;
  inputs.blobs[2].result.outcome = Outcome::crashed;
  const auto texts = [&] {
    std::vector<std::string> all;
    for (const auto& reason : decide(Policy{}, inputs, kNow).reasons) all.push_back(reason.text);
    return all;
  };
  const std::vector<std::string> expected = {
      "rule b (critical) matched usr/bin/x in layer 1",
      "layer 2 could not be judged: the scanner crashed",
      "rule a (high) matched b in layer 1",
      "rule a (high) matched usr/bin/x in layer 1",
      "rule e (medium) matched usr/bin/x in layer 1",
      "rule c (low) matched usr/bin/x in layer 1",
      "rule d (info) matched usr/bin/x in layer 1",
  };
  EXPECT_EQ(texts(), expected);
  std::reverse(inputs.blobs[1].result.findings.begin(), inputs.blobs[1].result.findings.end());
  EXPECT_EQ(texts(), expected);
}

struct NameRow {
  const char* name;
  Change change;
  Action action;
  const char* summary;
};

class DecideName : public testing::TestWithParam<NameRow> {};

/// Nothing but names that block at once, whatever else the inputs would say later.
TEST_P(DecideName, SaysOnlyWhatTheNameSays) {
  Policy policy;
  auto inputs = clean();
  found(Severity::critical)(policy, inputs);
  cooling(24h * 30, 1h)(policy, inputs);
  GetParam().change(policy, inputs);
  const auto decision = decide_name(policy, inputs, kNow);
  EXPECT_EQ(decision.action, GetParam().action);
  EXPECT_EQ(decision.summary, GetParam().summary);
}

INSTANTIATE_TEST_SUITE_P(
    Names, DecideName,
    testing::Values(NameRow{"none", nothing, Action::allow, ""},
                    NameRow{"suspicion_waits", both(suspected("repository"), seen(1h)), Action::allow, ""},
                    NameRow{"registry", named(Effect::block), Action::block, kSwap.c_str()},
                    NameRow{"denied", listed("denied"), Action::block, "name docker.io/x is denied"},
                    NameRow{"audit",
                            both(named(Effect::block), [](Policy& p, Inputs&) { p.mode = Mode::audit; }),
                            Action::warn, kSwap.c_str()},
                    NameRow{"waived", waived(named(Effect::block), "name:registry"), Action::warn,
                            "registry ghrc.io looks like ghcr.io (adjacent swap); waived by w1"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(NextChange, IsWhenADigestUnderASuspiciousNameIsNoLongerNew) {
  Policy policy;
  auto inputs = clean();
  inputs.first_seen = kNow - 24h;
  EXPECT_EQ(next_change(policy, inputs, kNow), std::nullopt);
  suspected("repository")(policy, inputs);
  EXPECT_EQ(next_change(policy, inputs, kNow), kNow + 24h * 6);
  inputs.first_seen.reset();  // met now
  EXPECT_EQ(next_change(policy, inputs, kNow), kNow + 24h * 7);
  inputs.first_seen = kNow - 24h * 8;
  EXPECT_EQ(next_change(policy, inputs, kNow), std::nullopt);
}

}  // namespace
}  // namespace portcullis::policy
