// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "inputs.hpp"

namespace portcullis::policy {
namespace {

using namespace samples;

struct Row {
  const char* name;
  std::function<void(Policy&)> change;
};

std::function<void(Policy&)> over(const std::string& match, const std::function<void(Override&)>& set) {
  return [=](Policy& p) {
    Override o;
    o.match = match;
    set(o);
    p.overrides.push_back(o);
  };
}

TEST(Fingerprint, DiffersForEverySettingThatMatters) {
  const Row rows[] = {
      {"default", [](Policy&) {}},
      {"mode", [](Policy& p) { p.mode = Mode::audit; }},
      {"block_at", [](Policy& p) { p.block_at = findings::Severity::critical; }},
      {"warn_at", [](Policy& p) { p.warn_at = findings::Severity::medium; }},
      {"timed_out warns", [](Policy& p) { p.on_outcome[2] = findings::Action::warn; }},
      {"timed_out is allowed", [](Policy& p) { p.on_outcome[2] = findings::Action::allow; }},
      {"limit warns", [](Policy& p) { p.on_outcome[3] = findings::Action::warn; }},
      {"unavailable warns", [](Policy& p) { p.on_outcome[7] = findings::Action::warn; }},
      {"allow", [](Policy& p) { p.allow_repositories = {"a"}; }},
      {"allow two",
       [](Policy& p) {
         p.allow_repositories = {"a", "b"};
       }},
      {"allow one with both texts", [](Policy& p) { p.allow_repositories = {"a\nallow=1:b"}; }},
      {"deny", [](Policy& p) { p.deny_repositories = {"a"}; }},
      {"deny_digests", [](Policy& p) { p.deny_digests = {digest("a")}; }},
      {"cooldown", [](Policy& p) { p.cooldown = std::chrono::milliseconds(1); }},
      {"names.registry", [](Policy& p) { p.names.registry = findings::Action::warn; }},
      {"names.known_bad", [](Policy& p) { p.names.known_bad = findings::Action::warn; }},
      {"names.squat blocks", [](Policy& p) { p.names.suspicions.alone = findings::Action::block; }},
      {"names.squat warns",
       [](Policy& p) { p.names.suspicions.with_second_signal = findings::Action::warn; }},
      {"names.second_signal_at", [](Policy& p) { p.names.suspicions.finding_at = findings::Severity::high; }},
      {"names.new_days", [](Policy& p) { p.names.suspicions.new_for = std::chrono::milliseconds(1); }},
      {"names that are compared with", [](Policy& p) { p.names.reference = "a"; }},
      {"override", over("a", [](Override&) {})},
      {"override of another name", over("b", [](Override&) {})},
      {"override mode", over("a", [](Override& o) { o.mode = Mode::enforce; })},
      {"override mode, audit", over("a", [](Override& o) { o.mode = Mode::audit; })},
      {"override block_at", over("a", [](Override& o) { o.block_at = findings::Severity::medium; })},
      {"override warn_at", over("a", [](Override& o) { o.warn_at = findings::Severity::medium; })},
      {"override cooldown", over("a", [](Override& o) { o.cooldown = std::chrono::milliseconds(1); })},
      {"override cooldown off", over("a", [](Override& o) { o.cooldown = std::chrono::milliseconds(0); })},
      {"override timed_out", over("a", [](Override& o) { o.on_outcome[2] = findings::Action::warn; })},
      {"override limit", over("a", [](Override& o) { o.on_outcome[3] = findings::Action::warn; })},
      {"two overrides, a last",
       [](Policy& p) {
         over("b", [](Override&) {})(p);
         over("a", [](Override&) {})(p);
       }},
      {"two overrides, b last",
       [](Policy& p) {
         over("a", [](Override&) {})(p);
         over("b", [](Override&) {})(p);
       }},
  };
  std::map<std::string, std::string> seen;
  for (const auto& row : rows) {
    Policy policy;
    row.change(policy);
    const auto fingerprint = policy.fingerprint();
    EXPECT_EQ(fingerprint.size(), 16u);
    EXPECT_EQ(fingerprint.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(fingerprint, policy.fingerprint());
    const auto [other, fresh] = seen.emplace(fingerprint, row.name);
    EXPECT_TRUE(fresh) << row.name << " looks like " << other->second;
  }
}

TEST(Fingerprint, IsTheSameWhenTheMeaningIs) {
  const Row rows[] = {
      {"setting for complete", [](Policy& p) { p.on_outcome[0] = findings::Action::allow; }},
      {"order",
       [](Policy& p) {
         p.allow_repositories = {"b", "a"};
       }},
      {"line of an override", [](Policy& p) { p.overrides[0].line = 7; }},
      {"override for complete", [](Policy& p) { p.overrides[0].on_outcome[0] = findings::Action::block; }},
      {"repetition",
       [](Policy& p) {
         p.allow_repositories = {"a", "b", "a"};
       }},
  };
  Policy base;
  base.overrides.push_back({.match = "a", .line = 1});
  base.allow_repositories = {"a", "b"};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    auto policy = base;
    row.change(policy);
    EXPECT_EQ(policy.fingerprint(), base.fingerprint());
  }
}

}  // namespace
}  // namespace portcullis::policy
