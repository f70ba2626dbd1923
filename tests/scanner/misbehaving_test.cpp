// SPDX-License-Identifier: Apache-2.0
//
// Workers that really misbehave: each ends in its own outcome, none in complete, and the next job
// works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "portcullis/scan/service.hpp"
#include "sources.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis {
namespace {

using findings::Outcome;
using test::TextSource;

class MisbehavingScanner : public ::testing::Test {
 protected:
  void SetUp() override {
    scan::Options options;
    options.scanner = std::filesystem::read_symlink("/proc/self/exe");
    options.limits.base_time = std::chrono::seconds(1);
    options.limits.max_findings = 20;
    options.known_clean.directory = dir_.path();
    options.known_clean.interval = std::chrono::milliseconds(0);
    auto started = scan::start(options, metrics_);
    ASSERT_TRUE(started) << started.error().message;
    service_ = std::move(*started);
  }
  findings::ScanResult scan(const std::string& deed) {
    TextSource source(deed);
    return service_->scan({.kind = scan::JobKind::opaque, .media_type = "", .label = deed, .size_hint = 0},
                          source);
  }

  test::TempDir dir_;
  util::MemoryMetrics metrics_;
  std::unique_ptr<scan::Service> service_;
};

struct Deed {
  const char* name;
  Outcome outcome;
};

class WorkerDeed : public MisbehavingScanner, public ::testing::WithParamInterface<Deed> {};

TEST_P(WorkerDeed, HasItsOwnOutcome) {
  const auto result = scan(GetParam().name);
  EXPECT_EQ(result.outcome, GetParam().outcome)
      << findings::to_string(result.outcome) << ": " << result.reason;
  EXPECT_FALSE(result.reason.empty());
  const auto next = scan("good");
  EXPECT_EQ(next.outcome, Outcome::complete) << next.reason;
}

INSTANTIATE_TEST_SUITE_P(
    All, WorkerDeed,
    ::testing::Values(Deed{"exit", Outcome::crashed}, Deed{"final-then-exit", Outcome::crashed},
                      Deed{"segv", Outcome::crashed}, Deed{"final-then-segv", Outcome::crashed},
                      Deed{"abort", Outcome::crashed}, Deed{"hang", Outcome::timed_out},
                      Deed{"final-then-hang", Outcome::timed_out}, Deed{"memory", Outcome::limit},
                      Deed{"socket", Outcome::violation}, Deed{"open", Outcome::violation},
                      Deed{"nothing", Outcome::garbled}, Deed{"cut", Outcome::garbled},
                      Deed{"findings-without-final", Outcome::garbled}, Deed{"noise", Outcome::garbled},
                      Deed{"empty-record", Outcome::garbled}, Deed{"miscounted", Outcome::garbled},
                      Deed{"too-many-findings", Outcome::garbled},
                      Deed{"bytes-after-final", Outcome::garbled}, Deed{"second-final", Outcome::garbled},
                      Deed{"claims-unavailable", Outcome::garbled}, Deed{"unknown-outcome", Outcome::garbled},
                      Deed{"read-less", Outcome::garbled}, Deed{"member", Outcome::garbled}),
    [](const auto& row) {
      std::string name = row.param.name;
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST_F(MisbehavingScanner, ForkServerThatDiesIsStartedAgain) {
  const auto lost = scan("kill-fork-server");
  EXPECT_EQ(lost.outcome, Outcome::unavailable) << lost.reason;
  // Not lost: the job waits for the next fork server.
  const auto next = scan("good");
  EXPECT_EQ(next.outcome, Outcome::complete) << next.reason;
  EXPECT_TRUE(service_->ready());
  EXPECT_EQ(metrics_.value("portcullis_scanner_restarts_total"), 1);
}

TEST_F(MisbehavingScanner, WorkerThatDoesNotEndWellContributesNothing) {
  const auto known = [&] { return metrics_.value("portcullis_known_clean_entries"); };
  EXPECT_EQ(scan("clean-then-exit").outcome, Outcome::crashed);
  EXPECT_EQ(scan("clean").outcome, Outcome::complete);
  EXPECT_TRUE(test::wait_until([&] { return known() > 0; }));
  EXPECT_EQ(known(), 1);
  // Its alarm is heard all the same.
  EXPECT_EQ(scan("dispute-then-exit").outcome, Outcome::crashed);
  EXPECT_EQ(known(), 0);
  EXPECT_EQ(metrics_.value("portcullis_known_clean_disagreements_total"), 1);
}

struct MemberDeed {
  const char* name;
  const char* error;  ///< nothing: it is none
};

TEST_F(MisbehavingScanner, AnArchiveCountsOnlyWhenTheWorkerEndsWell) {
  class TextSink final : public util::ByteSink {
   public:
    util::Result<void> write(std::span<const std::byte> bytes) override {
      text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return {};
    }
    std::string text;
  };
  const MemberDeed rows[] = {{"member", nullptr},
                             {"member-then-segv", "crashed: "},
                             {"member-without-final", "garbled: "},
                             {"findings-without-final", "garbled: "},
                             {"hang", "timed_out: "},
                             {"open", "violation: "},
                             {"read-less", "garbled: "}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    TextSource source(row.name);
    TextSink sink;
    const auto read = service_->list_archive(source, sink);
    ASSERT_EQ(read.has_value(), row.error == nullptr);
    if (row.error == nullptr) {
      EXPECT_EQ(sink.text, "x");
    } else {
      EXPECT_THAT(read.error().message, ::testing::StartsWith(row.error));
    }
  }
}

TEST_F(MisbehavingScanner, SlowSourceIsNotTheWorkersFault) {
  TextSource source("good", 1);
  source.before_read([](std::size_t) { std::this_thread::sleep_for(std::chrono::milliseconds(400)); });
  const auto result = service_->scan(
      {.kind = scan::JobKind::opaque, .media_type = "", .label = "slow", .size_hint = 0}, source);
  EXPECT_EQ(result.outcome, Outcome::complete) << result.reason;
}

}  // namespace
}  // namespace portcullis
