// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong with the file: each fault is an error that says what to do, never a hang, and
// what was acknowledged stays.
#include "sqlite.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>

#include "portcullis/util/fd.hpp"
#include "portcullis/util/metrics.hpp"
#include "samples.hpp"
#include "show.hpp"
#include "sql_records.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::records {
namespace {

namespace fs = std::filesystem;
using namespace samples;

class Sqlite : public testing::Test {
 protected:
  std::string location() const { return (dir_ / "p.db").string(); }

  /// A quick temper, so that tests of locks need not wait.
  std::unique_ptr<Records> impatient() const {
    auto database =
        open_sqlite(location(), OpenMode::create, {.busy_timeout = std::chrono::milliseconds(100)});
    if (!database) throw std::runtime_error(database.error().message);
    return std::make_unique<SqlRecords>(std::move(*database));
  }

  test::TempDir dir_;
};

void expect_error(const util::Error& error, util::ErrorKind kind, std::initializer_list<std::string> parts) {
  EXPECT_STREQ(util::to_string(error.kind), util::to_string(kind));
  for (const auto& part : parts) {
    EXPECT_NE(error.message.find(part), std::string::npos) << part << " is not in: " << error.message;
  }
}

/// Runs `body` in a child process; the value is its exit code, or 128 + signal.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST_F(Sqlite, FilesAreForTheOwnerAlone) {
  const auto before = umask(0);
  auto records = open(location());
  umask(before);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_TRUE((*records)->put_event(event("x")));
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(stat((location() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(Sqlite, EmptyFileBecomesADatabase) {
  dir_.write("p.db", "");
  auto records = open(location());
  ASSERT_TRUE(records) << records.error().message;
  EXPECT_TRUE((*records)->check());
}

TEST_F(Sqlite, RelativePathWorks) {
  EXPECT_EQ(in_child([&] {
              if (chdir(dir_.path().c_str()) != 0) return 2;
              const auto records = open("relative.db");
              return records && (*records)->check() ? 0 : 1;
            }),
            0);
  EXPECT_TRUE(fs::exists(dir_ / "relative.db"));
}

TEST_F(Sqlite, BadLocationsAreInvalid) {
  for (const auto& text : {std::string(), std::string("a\"b.db"), std::string("a\0b", 3)}) {
    const auto records = open(text);
    ASSERT_FALSE(records);
    expect_error(records.error(), util::ErrorKind::invalid, {"path of a file", "e.g."});
  }
}

TEST_F(Sqlite, MissingFileIsAbsentForWhoDoesNotOwnIt) {
  for (const auto mode : {OpenMode::existing, OpenMode::existing_read_only}) {
    const auto records = open(location(), mode);
    ASSERT_FALSE(records);
    expect_error(records.error(), util::ErrorKind::absent, {location(), "portcullis serve", "--data"});
    EXPECT_FALSE(fs::exists(location()));
  }
}

TEST_F(Sqlite, FileWithoutSchemaIsRefusedForAReader) {
  dir_.write("p.db", "");
  const auto records = open(location(), OpenMode::existing_read_only);
  ASSERT_FALSE(records);
  expect_error(records.error(), util::ErrorKind::io, {"version 0", "portcullis serve"});
}

TEST_F(Sqlite, MissingDirectorySaysSo) {
  const auto records = open((dir_ / "no/such/p.db").string());
  ASSERT_FALSE(records);
  expect_error(records.error(), util::ErrorKind::io, {"no/such/p.db", "directory exists"});
}

TEST_F(Sqlite, DirectoryInsteadOfAFile) {
  fs::create_directory(location());
  const auto records = open(location());
  ASSERT_FALSE(records);
  expect_error(records.error(), util::ErrorKind::io, {location()});
}

TEST_F(Sqlite, GarbageIsRefusedAndLeftAlone) {
  const std::string garbage(10'000, 'x');
  dir_.write("p.db", garbage);
  for (const auto mode : {OpenMode::create, OpenMode::existing, OpenMode::existing_read_only}) {
    const auto records = open(location(), mode);
    ASSERT_FALSE(records);
    expect_error(records.error(), util::ErrorKind::io, {"not a database", "move it away"});
  }
  EXPECT_EQ(test::slurp(location()), garbage);
}

TEST_F(Sqlite, DamagedPagesAreAnErrorOnUse) {
  ASSERT_TRUE(open(location()));
  const auto size = fs::file_size(location());
  const auto fd = util::open_file(location(), O_WRONLY);
  ASSERT_TRUE(fd);
  const std::string junk(size - 4096, '\xee');
  ASSERT_EQ(pwrite(fd->get(), junk.data(), junk.size(), 4096), static_cast<ssize_t>(junk.size()));
  const auto records = open(location());
  ASSERT_FALSE(records);
  expect_error(records.error(), util::ErrorKind::io, {"malformed", "restore it from a backup"});
}

TEST_F(Sqlite, ReadOnlyDirectory) {
  ASSERT_EQ(chmod(dir_.path().c_str(), 0555), 0);
  const int code = in_child([&] {
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) return 2;
    const auto records = open(location());
    if (records) return 3;
    expect_error(records.error(), util::ErrorKind::io, {"Permission denied", "may write to it"});
    return testing::Test::HasFailure() ? 1 : 0;
  });
  EXPECT_EQ(code, 0);
  ASSERT_EQ(chmod(dir_.path().c_str(), 0755), 0);
}

TEST_F(Sqlite, LockHeldByAnotherProcessEndsInAnErrorAndThenRecovers) {
  auto records = impatient();
  ASSERT_TRUE(records->put_decision(decision("before"), event("x")));
  auto pipe = util::make_pipe();
  auto stop = util::make_pipe();
  ASSERT_TRUE(pipe && stop);
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    try {
      soci::session other(soci::sqlite3, "db=\"" + location() + "\"");
      other << "BEGIN IMMEDIATE";
      if (write(pipe->write_end.get(), "x", 1) != 1 || read(stop->read_end.get(), &byte, 1) < 0) _exit(1);
    } catch (const std::exception&) {
      _exit(1);
    }
    _exit(0);
  }
  char byte = 0;
  pipe->write_end.reset();
  ASSERT_EQ(read(pipe->read_end.get(), &byte, 1), 1);

  const util::Result<void> refused[] = {records->put_decision(decision("during"), event("x")),
                                        records->put_tag(tag("one")), records->check()};
  for (const auto& result : refused) {
    ASSERT_FALSE(result);
    expect_error(result.error(), util::ErrorKind::io, {"locked", "another process"});
  }
  EXPECT_TRUE(records->find_decision("before")->has_value()) << "readers do not wait for a writer";

  ASSERT_EQ(write(stop->write_end.get(), "x", 1), 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(records->put_decision(decision("after"), event("x")));
  EXPECT_FALSE(records->find_decision("during")->has_value());
}

TEST_F(Sqlite, ExclusiveLockAtStartIsAnError) {
  ASSERT_TRUE(open(location()));
  soci::session other(soci::sqlite3, "db=\"" + location() + "\"");
  other << "PRAGMA locking_mode = EXCLUSIVE";
  other << "BEGIN EXCLUSIVE";
  const auto database =
      open_sqlite(location(), OpenMode::create, {.busy_timeout = std::chrono::milliseconds(50)});
  ASSERT_FALSE(database);
  expect_error(database.error(), util::ErrorKind::io, {"locked", "another process"});
}

/// Writes until it fails; the number of acknowledged decisions, or -1 when nothing failed.
int write_until_refused(Records& records, util::Error& error) {
  for (int i = 0; i < 5'000; ++i) {
    const auto put = records.put_decision(decision(std::to_string(i)), event("x"));
    if (put) continue;
    error = put.error();
    return i;
  }
  return -1;
}

bool all_there(Records& records, int acknowledged) {
  for (int i = 0; i < acknowledged; ++i) {
    const auto found = records.find_decision(std::to_string(i));
    if (!found || !*found) return false;
  }
  const auto next = records.find_decision(std::to_string(acknowledged));
  return next && !*next;
}

TEST_F(Sqlite, FullDiskIsAnErrorKeepsWhatWasAcknowledgedAndRecovers) {
  PORTCULLIS_REQUIRE_ROOT();
  const int code = in_child([&] {
    constexpr int kNoMount = 77;
    const auto disk = dir_ / "disk";
    fs::create_directory(disk);
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
      return kNoMount;
    }
    test::write_file(disk / "filler", std::string(256 * 1024, 'x'));
    auto records = open((disk / "p.db").string());
    if (!records) return 2;
    util::Error error;
    const int acknowledged = write_until_refused(**records, error);
    EXPECT_GT(acknowledged, 0);
    expect_error(error, util::ErrorKind::io, {"full", "free some disk space"});
    EXPECT_TRUE(all_there(**records, acknowledged));
    fs::remove(disk / "filler");
    EXPECT_TRUE((*records)->put_decision(decision("after"), event("x")));
    EXPECT_TRUE((*records)->check());
    EXPECT_TRUE(all_there(**records, acknowledged));
    return testing::Test::HasFailure() ? 1 : 0;
  });
  PORTCULLIS_REQUIRE(code != 77, "the right to mount a tmpfs in a namespace of its own");
  EXPECT_EQ(code, 0);
}

TEST_F(Sqlite, FileSizeLimitIsAnErrorAndKeepsWhatWasAcknowledged) {
  auto pipe = util::make_pipe();
  ASSERT_TRUE(pipe);
  const int code = in_child([&] {
    signal(SIGXFSZ, SIG_IGN);
    auto records = open(location());
    if (!records) return 2;
    const rlimit limit{1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    util::Error error;
    const int acknowledged = write_until_refused(**records, error);
    if (write(pipe->write_end.get(), &acknowledged, sizeof acknowledged) < 0) return 3;
    expect_error(error, util::ErrorKind::io, {"records " + location()});
    return testing::Test::HasFailure() ? 1 : 0;
  });
  EXPECT_EQ(code, 0);
  int acknowledged = 0;
  ASSERT_EQ(read(pipe->read_end.get(), &acknowledged, sizeof acknowledged),
            static_cast<ssize_t>(sizeof acknowledged));
  EXPECT_GT(acknowledged, 0);
  auto records = open(location());
  ASSERT_TRUE(records) << records.error().message;
  EXPECT_TRUE(all_there(**records, acknowledged));
}

TEST_F(Sqlite, KilledInTheMiddleKeepsWhatWasAcknowledged) {
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    auto pipe = util::make_pipe();
    ASSERT_TRUE(pipe);
    const auto prefix = std::to_string(round) + "-";
    const pid_t child = fork();
    if (child == 0) {
      auto records = open(location());
      for (int i = 0; records; ++i) {
        const auto id = prefix + std::to_string(i);
        if (!(*records)->put_decision(decision(id), event("x"))) break;
        if (write(pipe->write_end.get(), &i, sizeof i) < 0) break;
      }
      _exit(1);
    }
    pipe->write_end.reset();
    int acknowledged = -1;
    for (int i = 0; i < 50 + round * 17; ++i) {
      ASSERT_EQ(read(pipe->read_end.get(), &acknowledged, sizeof acknowledged),
                static_cast<ssize_t>(sizeof acknowledged));
    }
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (read(pipe->read_end.get(), &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }

    auto records = open(location());
    ASSERT_TRUE(records) << records.error().message;
    for (int i = 0; i <= acknowledged; ++i) {
      const auto id = prefix + std::to_string(i);
      const auto found = (*records)->find_decision(id);
      ASSERT_TRUE(found && *found) << id;
      EXPECT_EQ(show(**found), show(decision(id)));
    }
    const auto events = (*records)->events({.limit = 10'000});
    ASSERT_TRUE(events);
    EXPECT_GE(events->size(), static_cast<std::size_t>(acknowledged));
    EXPECT_TRUE((*records)->check());
  }
}

TEST_F(Sqlite, FileThatWasMovedAwayTakesNoMoreWritesUntilItIsBack) {
  util::MemoryMetrics metrics;
  auto records = open(location(), {.metrics = &metrics});
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_TRUE((*records)->put_decision(decision("before"), event("x")));
  const auto aside = dir_ / "aside.db";
  fs::rename(location(), aside);
  const auto gone = (*records)->put_decision(decision("during"), event("x"));
  ASSERT_FALSE(gone);
  expect_error(gone.error(), util::ErrorKind::io, {"moved, removed or replaced", "put it back"});
  dir_.write("p.db", "");
  EXPECT_FALSE((*records)->put_pulls({pull()})) << "another file is not the one that was opened";
  EXPECT_FALSE((*records)->check());
  EXPECT_EQ(metrics.value("portcullis_database_errors_total{fault=gone,access=write}"), 3);
  fs::rename(aside, location());
  EXPECT_TRUE((*records)->put_decision(decision("after"), event("x")));
  EXPECT_TRUE((*records)->find_decision("before")->has_value());
  EXPECT_FALSE((*records)->find_decision("during")->has_value());
}

TEST_F(Sqlite, DamageWhileRunningIsAnErrorOnEachUseAndCounted) {
  util::MemoryMetrics metrics;
  auto records = open(location(), {.metrics = &metrics});
  ASSERT_TRUE(records) << records.error().message;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE((*records)->put_decision(decision(std::to_string(i)), event("x")));
  }
  soci::session(soci::sqlite3, "db=\"" + location() + "\"") << "PRAGMA wal_checkpoint(TRUNCATE)";
  const auto size = fs::file_size(location());
  const auto fd = util::open_file(location(), O_WRONLY);
  ASSERT_TRUE(fd);
  const std::string junk(size - 4096, '\xee');
  ASSERT_EQ(pwrite(fd->get(), junk.data(), junk.size(), 4096), static_cast<ssize_t>(junk.size()));
  const auto found = (*records)->find_decision("7");
  ASSERT_FALSE(found);
  expect_error(found.error(), util::ErrorKind::io, {"malformed", "restore it from a backup"});
  EXPECT_GE(metrics.value("portcullis_database_errors_total{fault=corrupt,access=read}"), 1);
}

TEST_F(Sqlite, TwoProgramsMayStartOnTheSameNewFile) {
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const auto records = open(location());
      if (!records) std::cerr << records.error().message << '\n';
      _exit(records && (*records)->check() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const auto child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
}

}  // namespace
}  // namespace portcullis::records
