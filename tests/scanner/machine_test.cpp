// SPDX-License-Identifier: Apache-2.0
//
// The rules of the project say nothing severe about the clean system at hand. The large run over hundreds
// of packages is scripts/fp-corpus.py.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "portcullis/scan/service.hpp"
#include "portcullis/util/fd.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::test {
namespace {

/// What a program writes, up to a bound in bytes.
class PipeSource final : public util::ByteSource {
 public:
  explicit PipeSource(int fd) : fd_(fd) {}
  util::Result<std::size_t> read(std::span<std::byte> buffer) override {
    const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
    if (got < 0) return util::fail(util::ErrorKind::internal, "read of the pipe failed");
    return static_cast<std::size_t>(got);
  }

 private:
  int fd_;
};

TEST(OwnRulesOnThisMachine, FindNothingSevere) {
  PORTCULLIS_REQUIRE_TOOL("tar");
  // What a package ships, not what somebody put there: about a gigabyte on a machine that builds this.
  const std::string trees =
      "for d in usr/bin usr/sbin usr/share/perl5 usr/share/perl usr/lib/python3 usr/lib/python3.* "
      "usr/share/python3 usr/share/bash-completion var/lib/dpkg/info etc/init.d etc/cron* etc/profile.d "
      "etc/pam.d "
      "etc/systemd etc/skel etc/ssl etc/apt etc/default; do [ -e \"$d\" ] && echo \"$d\"; done";
  const TempDir spool;
  scan::Options options;
  options.scanner = program_path("portcullis-scanner");
  options.rules = {source_path("rules/yara")};
  options.spool = spool.path();
  options.threads = 2;
  util::MemoryMetrics metrics;
  auto service = scan::start(options, metrics);
  ASSERT_TRUE(service) << service.error().message;

  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  util::UniqueFd reading(ends[0]);
  // A file that only root may read, and one that changes meanwhile, are left out without a word.
  Process tar(Command{.argv = {"sh", "-c",
                               "cd / && tar --ignore-failed-read --format=gnu --numeric-owner -cf - $(" +
                                   trees + ") 2>/dev/null"}},
              util::UniqueFd(ends[1]), util::UniqueFd(::open("/dev/null", O_WRONLY | O_CLOEXEC)));
  PipeSource source(reading.get());
  const auto result = (*service)->scan(
      {.kind = scan::JobKind::layer, .media_type = "", .label = "machine", .size_hint = 0}, source);
  ASSERT_EQ(result.outcome, findings::Outcome::complete) << result.reason;
  EXPECT_GT(result.counts.files, 500U);
  for (const auto& finding : result.findings) {
    if (finding.severity >= findings::Severity::high) ADD_FAILURE() << finding.path << ": " << finding.rule;
  }
}

}  // namespace
}  // namespace portcullis::test
