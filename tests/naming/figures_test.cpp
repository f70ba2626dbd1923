// SPDX-License-Identifier: Apache-2.0
//
// How good the engine is. `make names` prints it; the goals are asserted.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "labelled.hpp"
#include "portcullis/naming/name_index.hpp"

namespace portcullis::naming {
namespace {

using findings::NameVerdict;
using labelled::Squat;
using Effect = NameVerdict::Effect;

constexpr std::size_t kMostPulled = 300;

NameIndex index_of(const ReferenceData& data) {
  auto index = NameIndex::build(data);
  EXPECT_TRUE(index) << index.error().message;
  return *std::move(index);
}

struct Share {
  std::size_t hit = 0;
  std::size_t all = 0;
  double percent() const {
    return all == 0 ? 0 : 100.0 * static_cast<double>(hit) / static_cast<double>(all);
  }
  void count(bool is_hit) {
    hit += is_hit ? 1 : 0;
    ++all;
  }
};

void print(const std::string& name, const Share& share) {
  std::printf("  %-42s %6zu of %6zu  %6.2f %%\n", name.c_str(), share.hit, share.all, share.percent());
}

struct Recall {
  Share all = {};
  std::map<std::string, Share> by_operation = {};
  std::map<std::string, Share> by_form = {};
  std::vector<std::string> missed = {};
};

Recall recall_of(const NameIndex& index, const std::vector<Squat>& squats) {
  Recall recall;
  for (const Squat& squat : squats) {
    const bool hit = !index.judge(squat.host, squat.repository).empty();
    recall.all.count(hit);
    recall.by_operation[squat.operation].count(hit);
    recall.by_form[squat.form].count(hit);
    if (!hit) recall.missed.push_back(squat.host + "/" + squat.repository + " (" + squat.operation + ")");
  }
  return recall;
}

void print(const char* title, const Recall& recall) {
  std::printf("%s\n", title);
  print("recall at warn", recall.all);
  for (const auto& [form, share] : recall.by_form) print("form " + form, share);
  for (const auto& [operation, share] : recall.by_operation) print(operation, share);
  for (std::size_t i = 0; i < recall.missed.size() && i < 20; ++i) {
    std::printf("    missed %s\n", recall.missed[i].c_str());
  }
}

struct Alarms {
  Share warn;
  Share new_too;  ///< what a second signal, such as a new digest, would block
  Share block;
  std::vector<std::string> texts;
  void count(const std::string& name, const std::vector<NameVerdict>& verdicts) {
    const auto has = [&](Effect effect) {
      return std::any_of(verdicts.begin(), verdicts.end(), [&](const auto& v) { return v.effect >= effect; });
    };
    warn.count(!verdicts.empty());
    new_too.count(has(Effect::warn));
    block.count(has(Effect::block));
    for (const auto& verdict : verdicts) texts.push_back(name + ": " + verdict.text);
  }
};

/// Every trusted name, judged by an index that has never heard of it.
Alarms left_out_alarms(const ReferenceData& data) {
  Alarms alarms;
  for (std::size_t i = 0; i < data.repositories.size(); ++i) {
    ReferenceData rest = data;
    rest.repositories.erase(rest.repositories.begin() + static_cast<std::ptrdiff_t>(i));
    const std::string& name = data.repositories[i].name;
    alarms.count(name, index_of(rest).judge("docker.io", name));
  }
  return alarms;
}

TEST(NamesFigures, ReachTheGoals) {
  const auto data = labelled::reference_data();
  const auto index = index_of(data);

  const auto squats = labelled::generated(data, kMostPulled);
  ASSERT_GE(squats.size(), 1500U);
  std::vector<Squat> one;  // one operation on the whole name
  std::vector<Squat> two;  // and in a stranger's namespace as well
  for (const Squat& squat : squats) (squat.form == "stranger" ? two : one).push_back(squat);
  const auto recall = recall_of(index, one);
  print("One-operation squats of the 300 most pulled repositories", recall);
  const auto strangers = recall_of(index, two);
  print("The same changes to official names, and in a stranger's namespace", strangers);
  const auto hosts = recall_of(index, labelled::generated_hosts(data));
  print("Typing errors in registry hosts", hosts);
  const auto by_hand = recall_of(index, labelled::written_by_hand());
  print("Written by hand", by_hand);

  Alarms known;
  for (const auto& row : data.repositories) known.count(row.name, index.judge("docker.io", row.name));
  const auto alarms = left_out_alarms(data);
  std::printf("Trusted names, each left out of the reference\n");
  print("false alarms at warn", alarms.warn);
  print("of these, blocked with a new digest", alarms.new_too);
  print("false alarms at block", alarms.block);
  for (const auto& text : alarms.texts) std::printf("    %s\n", text.c_str());
  std::printf("Trusted names, not left out\n");
  print("false alarms at warn", known.warn);
  const auto found = recall.all.hit + strangers.all.hit + hosts.all.hit + by_hand.all.hit;
  print("precision (squats among all that warns)", {found, found + alarms.warn.hit});

  EXPECT_GE(recall.all.percent(), 99.0);
  EXPECT_GE(hosts.all.percent(), 99.0);
  EXPECT_GE(strangers.all.percent(), 90.0);  // names under five letters: only the surest operations
  EXPECT_GE(by_hand.all.percent(), 98.0);    // mongodb-official resembles no official image
  EXPECT_LT(alarms.warn.percent(), 2.0);
  EXPECT_EQ(alarms.block.hit, 0U);
  EXPECT_EQ(known.warn.hit, 0U);
}

}  // namespace
}  // namespace portcullis::naming
