// SPDX-License-Identifier: Apache-2.0
//
// What holds for every policy and every input, tried on random ones. A failure names its seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "inputs.hpp"
#include "portcullis/policy/explanation.hpp"

namespace portcullis::policy {
namespace {

using namespace samples;
using findings::Action;
using findings::Outcome;
using findings::Severity;

constexpr int kRounds = 3'000;

/// A few values of each kind, so that things meet; some of them are in no enum.
class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
  bool maybe(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  std::string pattern() {
    static const std::vector<std::string> kPatterns = {
        "*",         "docker.io/*",   "docker.io/library/*",
        "*/nginx",   "quay.io/*",     "docker.io/library/nginx",
        "a\n\x1b/*", "docker.io/l?b*"};
    return kPatterns[below(kPatterns.size())];
  }
  Severity severity() { return static_cast<Severity>(below(5)); }
  Action action() { return static_cast<Action>(maybe(3) ? 77 : below(3)); }
  Mode mode() { return maybe(50) ? Mode::audit : Mode::enforce; }
  std::chrono::milliseconds age() { return std::chrono::hours(below(5) * 12) - std::chrono::hours(6); }
  Outcome outcome() { return static_cast<Outcome>(maybe(2) ? 99 : maybe(60) ? 0 : below(8)); }
  std::string rule() { return "rule" + std::to_string(below(3)); }
  std::string hash() { return std::string(64, maybe(50) ? 'f' : 'e'); }

  Policy policy() {
    Policy p;
    p.mode = mode();
    p.block_at = severity();
    p.warn_at = severity();
    for (auto& asked : p.on_outcome) asked = action();
    p.cooldown = age();
    if (maybe(30)) p.allow_repositories = {pattern()};
    if (maybe(10)) p.deny_repositories = {pattern()};
    if (maybe(10)) p.deny_digests = {digest(maybe(50) ? "layer 1" : "manifest")};
    while (maybe(60)) p.overrides.push_back(override());
    return p;
  }
  Inputs inputs() {
    auto i = clean();
    if (maybe(20)) i.host = "quay.io";
    for (auto& blob : i.blobs) {
      blob.result.outcome = outcome();
      blob.result.findings_truncated = maybe(5);
      while (maybe(35)) blob.result.findings.push_back(found());
    }
    while (maybe(20)) i.structure.push_back(found());
    while (maybe(15)) i.names.push_back({"registry", "", "x", 1, severity(), ""});
    while (maybe(60)) i.waivers.push_back(waiver_of_some_kind());
    i.first_seen.reset();
    if (maybe(70)) i.first_seen = kNow - age();
    if (maybe(50)) i.created = kNow - age();
    return i;
  }
  findings::Waiver waiver_of_some_kind() {
    auto w = waiver(maybe(20) ? "cooldown" : maybe(20) ? "outcome:timed_out" : maybe(30) ? "*" : rule());
    w.id = "w" + std::to_string(below(4));
    if (maybe(50)) w.digest.clear();
    if (maybe(50)) w.repository = pattern();
    if (maybe(30)) w.file_hash = hash();
    if (maybe(20)) w.expires = kNow - std::chrono::hours(1);
    return w;
  }

 private:
  Override override() {
    Override o;
    o.match = pattern();
    if (maybe(30)) o.mode = mode();
    if (maybe(40)) o.block_at = severity();
    if (maybe(40)) o.warn_at = severity();
    if (maybe(30)) o.cooldown = age();
    for (auto& asked : o.on_outcome) {
      if (maybe(20)) asked = action();
    }
    return o;
  }
  findings::Finding found() {
    auto f = finding(rule(), severity());
    f.source = static_cast<findings::Source>(below(5));
    f.file_hash = maybe(30) ? "" : hash();
    return f;
  }
  std::mt19937 engine_;
};

class Properties : public testing::Test {
 protected:
  template <class Check>
  void every_round(Check check) {
    for (int seed = 0; seed < kRounds && !HasFatalFailure() && !HasNonfatalFailure(); ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Dice dice(static_cast<unsigned>(seed));
      const auto policy = dice.policy();
      const auto inputs = dice.inputs();
      check(dice, policy, inputs);
    }
  }
};

bool any_block(const findings::Decision& decision) {
  return std::ranges::any_of(decision.reasons, [](const auto& r) { return r.action == Action::block; });
}

std::multiset<std::string> listed(const findings::Decision& decision) {
  std::multiset<std::string> all;
  for (const auto& reason : decision.reasons) {
    auto text = reason.text.substr(0, reason.text.find("; waived by "));
    // Which second signal a name has depends on the findings that nobody waived.
    if (reason.code.starts_with("name:")) text.resize(std::min(text.size(), text.find(" (")));
    all.insert(reason.code + '\n' + std::string(to_string(reason.severity)) + '\n' + text);
  }
  return all;
}

/// Over the raw reasons: what would be blocked is worse than what is only warned of.
int badness(const findings::Decision& decision) {
  return decision.would_block ? static_cast<int>(Action::block) : static_cast<int>(decision.action);
}

TEST_F(Properties, DecisionIsMadeOfItsReasons) {
  int blocks = 0, audits = 0, allows = 0;
  every_round([&](Dice&, const Policy& policy, const Inputs& inputs) {
    const auto explanation = explain(policy, inputs, kNow);
    const auto& decision = explanation.decision;
    const auto mode = explanation.settings.mode;
    if (mode == Mode::enforce) {
      EXPECT_EQ(any_block(decision), decision.action == Action::block);
      EXPECT_FALSE(decision.would_block);
    } else {
      EXPECT_NE(decision.action, Action::block);
      EXPECT_EQ(any_block(decision), decision.would_block);
    }
    EXPECT_EQ(decision.summary.empty(), decision.action == Action::allow);
    for (const auto& reason : decision.reasons) EXPECT_LE(reason.action, Action::block);
    ++(decision.action == Action::block ? blocks : decision.would_block ? audits : allows);
  });
  // The dice must have shown every side, or nothing was tried.
  EXPECT_GT(blocks, 100);
  EXPECT_GT(audits, 100);
  EXPECT_GT(allows, 100);
}

TEST_F(Properties, DeniedIsBlockedWhateverElseIsSaid) {
  every_round([&](Dice&, Policy policy, const Inputs& inputs) {
    policy.deny_digests.push_back(inputs.manifest);
    const auto decision = decide(policy, inputs, kNow);
    EXPECT_TRUE(decision.action == Action::block || decision.would_block);
  });
}

TEST_F(Properties, RaisingASeverityNeverHelps) {
  every_round([&](Dice& dice, const Policy& policy, Inputs inputs) {
    const auto before = decide(policy, inputs, kNow);
    auto& blob = inputs.blobs[dice.below(inputs.blobs.size())].result;
    if (blob.findings.empty()) return;
    auto& severity = blob.findings[dice.below(blob.findings.size())].severity;
    if (severity == Severity::critical) return;
    severity = static_cast<Severity>(static_cast<int>(severity) + 1);
    EXPECT_GE(badness(decide(policy, inputs, kNow)), badness(before));
  });
}

TEST_F(Properties, OneMoreFindingNeverHelps) {
  every_round([&](Dice& dice, const Policy& policy, Inputs inputs) {
    const auto before = decide(policy, inputs, kNow);
    inputs.blobs[1].result.findings.push_back(finding(dice.rule(), dice.severity()));
    EXPECT_GE(badness(decide(policy, inputs, kNow)), badness(before));
  });
}

TEST_F(Properties, AWaiverHidesNothingAndNeverHurts) {
  int helped = 0;
  every_round([&](Dice& dice, const Policy& policy, Inputs inputs) {
    auto with = inputs;
    with.waivers.push_back(dice.waiver_of_some_kind());
    const auto before = decide(policy, inputs, kNow);
    const auto after = decide(policy, with, kNow);
    EXPECT_LE(badness(after), badness(before));
    EXPECT_EQ(before.action == Action::allow, after.action == Action::allow);
    if (policy.allow_repositories.empty()) {
      EXPECT_EQ(listed(before), listed(after));
    }
    EXPECT_EQ(before.reasons.size(), after.reasons.size());
    helped += badness(after) < badness(before) ? 1 : 0;
  });
  EXPECT_GT(helped, 10);
}

TEST_F(Properties, NothingChangesBeforeTheNextChange) {
  int changed = 0;
  every_round([&](Dice&, const Policy& policy, Inputs inputs) {
    // Without a first time each moment is another "just now"; the records always have one by then.
    if (!inputs.first_seen) inputs.first_seen = kNow;
    const auto next = next_change(policy, inputs, kNow);
    const auto until = next ? *next - std::chrono::milliseconds(1) : kNow + std::chrono::days(3'650);
    EXPECT_EQ(badness(decide(policy, inputs, until)), badness(decide(policy, inputs, kNow)));
    if (!next) return;
    EXPECT_GT(*next, kNow);
    changed += badness(decide(policy, inputs, *next)) != badness(decide(policy, inputs, kNow)) ? 1 : 0;
  });
  EXPECT_GT(changed, 10);
}

TEST_F(Properties, AnOverrideOfAnotherRepositoryChangesNothing) {
  every_round([&](Dice&, const Policy& policy, const Inputs& inputs) {
    auto more = policy;
    Override other;
    other.match = "nowhere.example/*";
    other.mode = Mode::audit;
    other.block_at = Severity::critical;
    more.overrides.push_back(other);
    EXPECT_EQ(listed(decide(policy, inputs, kNow)), listed(decide(more, inputs, kNow)));
    EXPECT_EQ(decide(policy, inputs, kNow).action, decide(more, inputs, kNow).action);
    EXPECT_NE(policy.fingerprint(), more.fingerprint());
  });
}

}  // namespace
}  // namespace portcullis::policy
