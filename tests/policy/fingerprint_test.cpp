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
      {"repetition",
       [](Policy& p) {
         p.allow_repositories = {"a", "b", "a"};
       }},
  };
  Policy base;
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
