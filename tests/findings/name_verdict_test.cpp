// SPDX-License-Identifier: Apache-2.0
#include "portcullis/findings/name_verdict.hpp"

#include <gtest/gtest.h>

namespace portcullis::findings {
namespace {

using Effect = NameVerdict::Effect;
using std::chrono::days;

struct Row {
  const char* name;
  const char* component;
  Effect effect;
  NameSignals signals;
  Action expected;
};

class SecondSignal : public testing::TestWithParam<Row> {};

TEST_P(SecondSignal, Decides) {
  NameVerdict verdict;
  verdict.component = GetParam().component;
  verdict.effect = GetParam().effect;
  EXPECT_EQ(action_of(verdict, GetParam().signals, {}), GetParam().expected);
  const bool signal = !second_signal(verdict, GetParam().signals, {}).empty();
  if (GetParam().effect != Effect::block) EXPECT_EQ(signal, GetParam().expected == Action::block);
}

INSTANTIATE_TEST_SUITE_P(
    Verdicts, SecondSignal,
    testing::Values(
        Row{"host_squat", "registry", Effect::block, {{}, days(100), true}, Action::block},
        Row{"old_and_clean", "repository", Effect::warn, {{}, days(100), true}, Action::warn},
        Row{"finding", "repository", Effect::warn, {Severity::medium, days(100), true}, Action::block},
        Row{"small_finding", "repository", Effect::warn, {Severity::low, days(100), true}, Action::warn},
        Row{"new_digest", "repository", Effect::warn, {{}, days(6), true}, Action::block},
        Row{"seven_days", "repository", Effect::warn, {{}, days(7), true}, Action::warn},
        Row{"never_seen", "repository", Effect::warn, {}, Action::block},
        Row{"unknown_in_squatted_namespace",
            "namespace",
            Effect::warn,
            {{}, days(100), false},
            Action::block},
        Row{"known_in_squatted_namespace", "namespace", Effect::warn, {{}, days(100), true}, Action::warn},
        Row{"hint_on_a_new_image", "repository", Effect::hint, {}, Action::warn},
        Row{"hint_with_a_finding", "repository", Effect::hint, {Severity::high, {}, false}, Action::block}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace portcullis::findings
