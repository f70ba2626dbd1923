// SPDX-License-Identifier: Apache-2.0
//
// A thousand pulls in a random order while the database fails at random, waivers come and go, and new rules
// have everything scanned again: whatever is served, the decision that lets it pass stands in the records,
// and the waivers it leans on are active.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "portcullis/records/waivers.hpp"
#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::gate {
namespace {

constexpr int kPulls = 1'000;
constexpr unsigned kSeed = 20261123;

Options options() {
  Options options;
  options.queued_pulls = 100'000;  // pulls that cannot be written wait; their bound has its own test
  options.poll = std::chrono::milliseconds(5);
  return options;
}

class Storm {
 public:
  explicit Storm(int percent) : percent_(percent), world_(options()) {
    push();
    world_.fail_records_at_random(kSeed, percent_);
  }

  void step(int i) {
    if (upto(10) == 0) push();
    if (upto(10) == 0) world_.clock.advance(world_.options.tag_ttl);
    // New rules find what the last ones did not; the image of the same number, if there is one.
    if (upto(50) == 0) {
      word_ = "layer " + std::to_string(upto(static_cast<unsigned>(images_.size()))) + ".";
      world_.scanner.load_rule("profile-" + std::to_string(i), word_);
    }
    if (upto(20) == 0) waive(i);
    if (upto(30) == 0) revoke();
    if (upto(100) == 0) {
      world_.fail_records_at_random(kSeed, 0);  // a gate that cannot start serves nothing anyway
      world_.restart();
      world_.fail_records_at_random(kSeed + static_cast<unsigned>(i), percent_);
    }
    const auto& [repository, image] = images_[upto(static_cast<unsigned>(images_.size()))];
    if (upto(50) == 0) (void)world_.gate->rescan("docker.io", repository, image.manifest);
    if (upto(3) == 0) {
      pull_blob(repository, image.layers[upto(2)]);
    } else {
      pull(repository, upto(2) == 0 ? std::to_string(upto(3)) : image.manifest.text());
    }
  }

  /// When the storm is over, everything is as it should be.
  void calm() {
    world_.fail_records_at_random(kSeed, 0);
    EXPECT_TRUE(test::wait_until([&] {
      world_.clock.advance(std::chrono::minutes(1));
      const auto progress = world_.gate->rescans();
      return progress.profile == world_.scanner.profile().id && progress.left == 0;
    }));
    world_.gate->waivers_changed();
    for (const auto& [repository, image] : images_) {
      const auto answer = world_.pull(repository, image.manifest.text());
      SCOPED_TRACE(answer.message);
      const auto& layer = contents_.at(image.manifest);
      const bool waived = layer.starts_with("malware") && layer != word_ && waived_now(image);
      const bool bad = layer.starts_with("malware") || layer == word_;
      EXPECT_EQ(answer.status, bad && !waived ? Status::blocked : Status::served) << layer;
    }
  }

  int served() const { return served_; }
  int failed() const { return failed_; }
  World& world() { return world_; }

 private:
  unsigned upto(unsigned n) { return static_cast<unsigned>(random_() % n); }

  void push() {
    const auto number = std::to_string(images_.size());
    const auto repository = "library/app" + std::to_string(upto(5));
    const auto layer = (upto(4) == 0 ? "malware " : "layer ") + number + ".";
    images_.emplace_back(repository, world_.push(repository, std::to_string(upto(3)), {"base", layer}));
    contents_.emplace(images_.back().second.manifest, layer);
  }

  void waive(int i) {
    const auto& [repository, image] = images_[upto(static_cast<unsigned>(images_.size()))];
    const auto until = world_.clock.now() + std::chrono::minutes(1 + upto(60));
    world_.waive({"w-" + std::to_string(i), "test_malware", "", image.manifest.text(), "", "because", "eve",
                  world_.clock.now(), until});
    waivers_.push_back("w-" + std::to_string(i));
    world_.gate->waivers_changed();
  }

  void revoke() {
    if (waivers_.empty()) return;
    const auto id = waivers_[upto(static_cast<unsigned>(waivers_.size()))];
    world_.revoke(id);
    world_.gate->waivers_changed();
  }

  bool waived_now(const Image& image) {
    for (const auto& waiver : world_.active_waivers()) {
      if (waiver.digest == image.manifest.text()) return true;
    }
    return false;
  }

  void pull(const std::string& repository, const std::string& reference) {
    const auto answer = world_.pull(repository, reference);
    failed_ += answer.status == Status::failed;
    if (answer.status != Status::served) return;
    ++served_;
    const auto decision = world_.decision(answer.report_id);
    ASSERT_TRUE(decision) << "served on a decision that is not in the records";
    EXPECT_EQ(decision->manifest, *answer.digest);
    EXPECT_EQ(decision->repository, repository);
    EXPECT_NE(decision->decision.action, findings::Action::block);
    const auto active = world_.active_waivers();
    for (const auto& reason : decision->decision.reasons) {
      if (reason.waiver.empty()) continue;
      EXPECT_TRUE(std::ranges::any_of(active, [&](const auto& w) { return w.id == reason.waiver; }))
          << reason.waiver;
    }
  }

  void pull_blob(const std::string& repository, const oci::Digest& layer) {
    // A rescan may block it between the answer and the look: then it could be served before.
    const bool before = world_.blob_may_be_served(repository, layer);
    const auto answer = world_.pull_blob(repository, layer);
    if (answer.status != Status::served) return;
    ++served_;
    EXPECT_TRUE(before || world_.blob_may_be_served(repository, layer));
  }

  const int percent_;
  World world_;
  std::mt19937 random_{kSeed};
  std::vector<std::pair<std::string, Image>> images_;
  std::map<oci::Digest, std::string> contents_;
  std::vector<std::string> waivers_;
  std::string word_;
  int served_ = 0;
  int failed_ = 0;
};

class DatabaseFaults : public testing::TestWithParam<int> {};

TEST_P(DatabaseFaults, NothingIsServedWithoutItsRecordedDecision) {
  Storm storm(GetParam());
  for (int i = 0; i < kPulls; ++i) {
    SCOPED_TRACE(i);
    storm.step(i);
  }
  EXPECT_GT(storm.served(), 0);
  EXPECT_GT(storm.failed(), 0);
  storm.calm();
  EXPECT_GT(storm.world().metrics.value("portcullis_rescans_total{result=served}"), 0);
}

INSTANTIATE_TEST_SUITE_P(Percent, DatabaseFaults, testing::Values(5, 30),
                         [](const auto& row) { return std::to_string(row.param) + "_percent"; });

}  // namespace
}  // namespace portcullis::gate
