// SPDX-License-Identifier: Apache-2.0
#include "scan_progress.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "program.hpp"
#include "support/wait.hpp"

namespace portcullis::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Activity::State state(std::uint64_t bytes, std::uint64_t total) {
  Activity::State state;
  state.source = "nginx:1.27";
  state.doing = "judging the image";
  state.bytes = bytes;
  state.total = total;
  state.files = 1234;
  return state;
}

TEST(ScanProgress, Lines) {
  using Style = ProgressStyle;
  const std::chrono::seconds running(83);
  EXPECT_EQ(
      progress_line(state(256u << 20, 1024u << 20), running, 61.24e6, 200, Style::bar),
      "[=====>              ]  25 %  256.0 MiB of 1.0 GiB  61.2 MB/s  1234 files  1:23  judging the image, "
      "nginx:1.27");
  EXPECT_EQ(progress_line(state(512, 0), running, 0, 200, Style::lines),
            "512 B  1234 files  1:23  judging the image, nginx:1.27");
  EXPECT_THAT(progress_line(state(3, 2), running, 0, 200, Style::lines), HasSubstr("99 %"));
  EXPECT_EQ(progress_line(state(1, 2), running, 0, 40, Style::bar).size(), 40u);
  auto hostile = state(1, 2);
  hostile.source = "a\033[2Jb\n";
  EXPECT_THAT(progress_line(hostile, running, 0, 200, Style::bar),
              AllOf(HasSubstr("\\x1b"), Not(HasSubstr("\033"))));
}

TEST(ScanProgress, WhatWasBeingDone) {
  auto now = state(256u << 20, 1024u << 20);
  now.parts = 7;
  now.parts_done = 3;
  EXPECT_EQ(describe(now), "judging the image, nginx:1.27 (256.0 MiB of 1.0 GiB, 3 of 7 parts done)");
  EXPECT_EQ(describe({}), "nothing was being done");
}

/// A terminal, and what a program wrote on it.
class Terminal {
 public:
  Terminal() : ours_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    grantpt(ours_.get());
    unlockpt(ours_.get());
    const winsize size{24, 100, 0, 0};
    ioctl(ours_.get(), TIOCSWINSZ, &size);
  }
  util::UniqueFd other_end() const {
    return util::UniqueFd(open(ptsname(ours_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  }
  std::string read_all() const {
    std::string text;
    char buffer[4096];
    pollfd ready{ours_.get(), POLLIN, 0};
    while (poll(&ready, 1, 200) > 0) {
      const ssize_t got = read(ours_.get(), buffer, sizeof buffer);
      if (got <= 0) break;
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  util::UniqueFd ours_;
};

/// A scan that waits for an input which never comes, until its time is over.
test::Command waiting(const test::TempDir& dir, std::vector<std::string> more) {
  const auto fifo = (dir / "fifo").string();
  EXPECT_TRUE(mkfifo(fifo.c_str(), 0600) == 0 || errno == EEXIST);
  more.insert(more.begin(), {"scan", "--no-cache", "--timeout", "2s", "-"});
  auto command = portcullis(std::move(more));
  command.argv.insert(command.argv.begin(), {"sh", "-c", "exec 3<>'" + fifo + "'; exec \"$@\" <&3", "sh"});
  command.env["TERM"] = "xterm";
  return command;
}

std::string on_terminal(const test::Command& command, const test::TempDir& dir) {
  const Terminal terminal;
  util::UniqueFd out(open((dir / "out").c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
  test::Process process(command, std::move(out), terminal.other_end());
  EXPECT_EQ(process.wait_for(std::chrono::seconds(60)), 2);
  return terminal.read_all();
}

TEST(ScanProgress, ABarOnATerminalThatIsGoneAtTheEnd) {
  const test::TempDir dir;
  const auto seen = on_terminal(waiting(dir, {}), dir);
  EXPECT_THAT(seen, AllOf(testing::StartsWith("\r0:0"), testing::EndsWith("\r\033[K")));
  EXPECT_THAT(test::slurp(dir / "out"),
              AllOf(HasSubstr("not finished within --timeout"), Not(HasSubstr("\033"))));
}

TEST(ScanProgress, NothingWhenItIsToBeQuiet) {
  const test::TempDir dir;
  EXPECT_THAT(on_terminal(waiting(dir, {"--quiet"}), dir), IsEmpty());
  EXPECT_THAT(test::run(waiting(dir, {})).err, IsEmpty())
      << "off a terminal the first line comes after ten seconds";
}

TEST(ScanProgress, LinesOffATerminal) {
  testing::internal::CaptureStderr();
  {
    Progress often(ProgressStyle::lines, std::chrono::milliseconds(0));
    often.tick(state(1u << 20, 4u << 20));
    often.tick(state(2u << 20, 4u << 20));
    Progress seldom(ProgressStyle::lines, std::chrono::hours(1));
    seldom.tick(state(3u << 20, 4u << 20));
    EXPECT_EQ(Progress(ProgressStyle::lines).interval(), std::chrono::seconds(1));
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "portcullis: 25 %  1.0 MiB of 4.0 MiB  1234 files  0:00  judging the image, nginx:1.27\n"
            "portcullis: 50 %  2.0 MiB of 4.0 MiB  1234 files  0:00  judging the image, nginx:1.27\n");
}

TEST(ScanProgress, ASignalWhileTheInputIsReadEndsItWithAReportAndWithoutARest) {
  const test::TempDir dir;
  const auto data = dir / "data";
  const auto fifo = (dir / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  auto command = portcullis({"scan", "--data", data.string(), "-"});
  // Half of an archive, and then nothing, while somebody holds the other end.
  command.argv.insert(
      command.argv.begin(),
      {"sh", "-c", "exec 3<>'" + fifo + "'; head -c 50000 /dev/zero >&3; exec \"$@\" <&3", "sh"});
  command.out_file = dir / "out";
  command.err_file = dir / "err";
  test::Process process(command);
  const auto holds_bytes = [&] {
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(process.pid()) + "/fd")) {
      std::error_code gone;
      const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
      struct stat file {};
      const bool unnamed = target.starts_with(data.string()) && target.ends_with(" (deleted)");
      if (unnamed && stat(entry.path().c_str(), &file) == 0 && file.st_size == 50000) return true;
    }
    return false;
  };
  ASSERT_TRUE(test::wait_until(holds_bytes)) << test::slurp(dir / "err");
  process.signal(SIGINT);
  EXPECT_EQ(process.wait_for(std::chrono::seconds(60)), 2);
  EXPECT_THAT(test::slurp(dir / "out"),
              HasSubstr("interrupted by SIGINT while: reading the standard input (48.8 KiB)"));
  std::uintmax_t left = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
    if (entry.path().parent_path().filename() == "incoming") ++left;
  }
  EXPECT_EQ(left, 0u);
}

}  // namespace
}  // namespace portcullis::cli
