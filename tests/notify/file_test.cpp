// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "samples.hpp"
#include "sender.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::notify {
namespace {

using namespace samples;
using test::slurp;
using testing::ElementsAre;
using testing::HasSubstr;

/// `event.sequence` of each line; all of them must be whole JSON objects.
std::vector<int> sequences(const std::filesystem::path& file) {
  std::vector<int> found;
  std::istringstream lines(slurp(file));
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    EXPECT_TRUE(json.is_object()) << line;
    if (json.is_object()) found.push_back(json.value("event.sequence", 0));
  }
  return found;
}

class FileTarget : public testing::Test {
 protected:
  Delivery send(int sequence) {
    auto event = blocked();
    event.sequence = sequence;
    const auto sent = sender_->send(event, {});
    return sent.sent() ? sender_->flush({}) : sent;
  }
  void send_ok(int sequence) {
    const auto sent = send(sequence);
    ASSERT_TRUE(sent.sent()) << sent.reason;
  }

  test::TempDir dir_;
  std::filesystem::path path_ = dir_ / "events.jsonl";
  std::unique_ptr<Sender> sender_ = make_file_sender({path_}, "");
};

TEST_F(FileTarget, GetsALineEach) {
  send_ok(1);
  send_ok(2);
  EXPECT_THAT(sequences(path_), ElementsAre(1, 2));
  struct stat about {};
  ASSERT_EQ(stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0640u & ~umask(022)) << "nobody else may read who pulled what";
}

TEST_F(FileTarget, IsOpenedAnewWhenItWasRenamedOrRemoved) {
  send_ok(1);
  std::filesystem::rename(path_, dir_ / "events.jsonl.1");
  send_ok(2);
  std::filesystem::remove(path_);
  send_ok(3);
  EXPECT_THAT(sequences(dir_ / "events.jsonl.1"), ElementsAre(1));
  EXPECT_THAT(sequences(path_), ElementsAre(3));
}

TEST_F(FileTarget, IsOpenedAnewWhenAsked) {
  send_ok(1);
  sender_->reopen();
  send_ok(2);
  EXPECT_THAT(sequences(path_), ElementsAre(1, 2));
}

TEST_F(FileTarget, ALineThatACrashTornIsLeftAlone) {
  dir_.write("events.jsonl", "{\"event.sequence\":0}\n{\"event.seq");
  send_ok(1);
  EXPECT_THAT(slurp(path_), HasSubstr("{\"event.seq\n{\"@timestamp\""));
}

TEST_F(FileTarget, AFullDiskIsAFailureAndTheNextLineIsWhole) {
  send_ok(1);
  const auto size = std::filesystem::file_size(path_);
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  signal(SIGXFSZ, SIG_IGN);
  const rlimit small{size + 10, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto failed = send(2);
  setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_EQ(failed.outcome, Delivery::Outcome::failed);
  EXPECT_THAT(failed.reason, HasSubstr("events.jsonl"));
  send_ok(2);
  const auto text = slurp(path_);
  const auto last = text.rfind('\n', text.size() - 2);
  EXPECT_EQ(nlohmann::json::parse(text.substr(last + 1))["event.sequence"], 2);
}

TEST_F(FileTarget, WhatIsNoRegularFileIsRefused) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(send(1).reason, HasSubstr("not a regular file"));
}

TEST_F(FileTarget, ADirectoryThatIsNotThereIsNamed) {
  sender_ = make_file_sender({dir_ / "none/events.jsonl"}, "");
  EXPECT_THAT(send(1).reason, HasSubstr("none/events.jsonl"));
}

TEST(StdoutTarget, WritesLines) {
  auto event = blocked();
  event.sequence = 7;
  const auto sender = make_stdout_sender("");
  testing::internal::CaptureStdout();
  EXPECT_TRUE(sender->send(event, {}).sent());
  const auto out = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(out.ends_with("\n"));
  EXPECT_EQ(nlohmann::json::parse(out)["event.sequence"], 7);
}

}  // namespace
}  // namespace portcullis::notify
