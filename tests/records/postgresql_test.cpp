// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong between us and a database server.
#include "postgresql.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <sstream>
#include <thread>

#include "backend.hpp"
#include "portcullis/util/metrics.hpp"
#include "samples.hpp"
#include "show.hpp"
#include "sql_records.hpp"
#include "support/ports.hpp"
#include "support/require.hpp"

namespace portcullis::records {
namespace {

using namespace samples;
using std::chrono::milliseconds;

class Postgresql : public testing::Test {
 protected:
  void SetUp() override {
    PORTCULLIS_REQUIRE(test::PostgresqlServer::available(),
                       "the database server of Debian's package postgresql");
    database_ = new_database();
  }
  std::string url() const { return shared_postgresql().url(database_); }

  /// A quick temper, so that tests of faults need not wait.
  std::unique_ptr<Records> impatient() {
    auto database = open_postgresql(url(), OpenMode::create,
                                    {.password = test::PostgresqlServer::password(),
                                     .lock_timeout = milliseconds(200),
                                     .statement_timeout = milliseconds(2'000),
                                     .transaction_timeout = milliseconds(1'000),
                                     .metrics = &metrics_});
    if (!database) throw std::runtime_error(database.error().message);
    return std::make_unique<SqlRecords>(std::move(*database));
  }
  std::string sql(const std::string& statement) { return shared_postgresql().sql(database_, statement); }
  double errors(const std::string& fault, const std::string& access) const {
    return metrics_.value("portcullis_database_errors_total{fault=" + fault + ",access=" + access + "}");
  }

  std::string database_;
  util::MemoryMetrics metrics_;
};

void expect_error(const util::Error& error, util::ErrorKind kind, std::initializer_list<std::string> parts) {
  EXPECT_STREQ(util::to_string(error.kind), util::to_string(kind));
  for (const auto& part : parts) {
    EXPECT_NE(error.message.find(part), std::string::npos) << part << " is not in: " << error.message;
  }
  EXPECT_EQ(error.message.find(test::PostgresqlServer::password()), std::string::npos);
  EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
}

TEST_F(Postgresql, BadUrlsAreInvalidAndNoPasswordIsRepeated) {
  const std::string rows[] = {"postgresql://u:correct horse@h/d",
                              "postgresql://u:correct%20horse@h/d",
                              "postgresql://h/d?password=correct+horse",
                              "postgresql://h:notaport:/d",
                              "postgresql://[::1/d",
                              "postgresql://h/d?nosuchkey=1"};
  for (const auto& row : rows) {
    SCOPED_TRACE(row);
    const auto records = open(row);
    ASSERT_FALSE(records);
    EXPECT_EQ(records.error().message.find("horse"), std::string::npos) << records.error().message;
  }
  const auto records = open("postgresql://u:secret@h/d");
  ASSERT_FALSE(records);
  expect_error(records.error(), util::ErrorKind::invalid, {"password_file"});
}

TEST_F(Postgresql, WrongPasswordNoDatabaseAndNobodyThere) {
  const auto wrong = open(url(), {.password = "guess"});
  ASSERT_FALSE(wrong);
  expect_error(wrong.error(), util::ErrorKind::io, {"password authentication failed"});
  const auto nowhere =
      open(shared_postgresql().url("nosuchdatabase"), {.password = test::PostgresqlServer::password()});
  ASSERT_FALSE(nowhere);
  expect_error(nowhere.error(), util::ErrorKind::io, {"nosuchdatabase"});
  const auto port = std::to_string(test::free_port());
  const auto nobody = open("postgresql://u@127.0.0.1:" + port + "/d");
  ASSERT_FALSE(nobody);
  expect_error(nobody.error(), util::ErrorKind::io, {port, "server runs"});
}

TEST_F(Postgresql, ReaderNeedsTheSchema) {
  const auto reader =
      open(url(), {.mode = OpenMode::existing_read_only, .password = test::PostgresqlServer::password()});
  ASSERT_FALSE(reader);
  expect_error(reader.error(), util::ErrorKind::io, {"version 0", "portcullis serve"});
}

TEST_F(Postgresql, LostConnectionsAreMadeAnew) {
  auto records = impatient();
  ASSERT_TRUE(records->put_decision(decision("before"), event("x")));
  ASSERT_TRUE(records->find_decision("before"));
  sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'portcullis'"
      " AND datname = current_database()");
  const auto found = records->find_decision("before");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->has_value());
  const auto put = records->put_decision(decision("after"), event("x"));
  EXPECT_TRUE(put) << put.error().message;
  EXPECT_EQ(sql("SELECT COUNT(*) FROM decisions"), "2\n");
}

TEST_F(Postgresql, WithoutItsServerNothingIsRecordedAndThenItWorksAgain) {
  test::PostgresqlServer server;  // the shared one has other guests
  auto records =
      open(server.url("postgres"), {.password = test::PostgresqlServer::password(), .metrics = &metrics_});
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_TRUE((*records)->put_decision(decision("before"), event("x")));
  server.stop();
  for (int i = 0; i < 2; ++i) {
    const auto put = (*records)->put_decision(decision("during"), event("x"));
    ASSERT_FALSE(put);
    expect_error(put.error(), util::ErrorKind::io, {"records postgresql://"});
    EXPECT_FALSE((*records)->find_decision("before"));
    EXPECT_FALSE((*records)->check());
  }
  EXPECT_GE(errors("gone", "write"), 3);
  EXPECT_GE(errors("gone", "read"), 2);
  server.start();
  const auto put = (*records)->put_decision(decision("after"), event("x"));
  EXPECT_TRUE(put) << put.error().message;
  EXPECT_TRUE((*records)->find_decision("before")->has_value());
  EXPECT_FALSE((*records)->find_decision("during")->has_value());
}

TEST_F(Postgresql, ServerThatHangsIsGivenUpAndThenItWorksAgain) {
  auto records = impatient();
  ASSERT_TRUE(records->put_decision(decision("before"), event("x")));
  ASSERT_TRUE(records->find_decision("before"));
  std::istringstream pids(
      sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'portcullis' AND datname = "
          "current_database()"));
  std::vector<pid_t> stopped;
  for (pid_t pid = 0; pids >> pid;) stopped.push_back(pid);
  ASSERT_GE(stopped.size(), 2u);
  for (const auto pid : stopped) kill(pid, SIGSTOP);
  // Each of them returns: that is the test. A new connection is then made to the server, which is well.
  const auto put = records->put_decision(decision("during"), event("x"));
  const auto found = records->find_decision("before");
  for (const auto pid : stopped) kill(pid, SIGCONT);
  EXPECT_TRUE(found) << found.error().message;
  if (!put) expect_error(put.error(), util::ErrorKind::io, {"records postgresql://"});
  EXPECT_EQ(records->find_decision("during")->has_value(), put.has_value());
  EXPECT_TRUE(records->put_decision(decision("after"), event("x")));
}

TEST_F(Postgresql, LockHeldByAnotherEndsInAnErrorAndThenRecovers) {
  auto records = impatient();
  auto pipe = util::make_pipe();
  ASSERT_TRUE(pipe);
  test::Process holder({.argv = {"psql", "-X", "-q", "-A", "-t", url()},
                        .env = {{"PGPASSWORD", test::PostgresqlServer::password()}},
                        .input = "BEGIN; LOCK TABLE decisions; SELECT 'held'; SELECT pg_sleep(600);"},
                       std::move(pipe->write_end), std::move(*util::open_file("/dev/null", O_WRONLY)));
  char byte = 0;
  ASSERT_EQ(read(pipe->read_end.get(), &byte, 1), 1);
  const auto put = records->put_decision(decision("during"), event("x"));
  ASSERT_FALSE(put);
  expect_error(put.error(), util::ErrorKind::io, {"lock timeout", "locks"});
  EXPECT_EQ(errors("locked", "write"), 1);
  sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'psql'"
      " AND datname = current_database() AND pid <> pg_backend_pid()");
  holder.wait_for(std::chrono::seconds(30));
  const auto after = records->put_decision(decision("after"), event("x"));
  EXPECT_TRUE(after) << after.error().message;
  EXPECT_FALSE(records->find_decision("during")->has_value());
}

TEST_F(Postgresql, LaxDurabilityOfTheServerIsNotTakenOver) {
  sql("ALTER DATABASE " + database_ + " SET synchronous_commit = off");
  auto database = open_postgresql(url(), OpenMode::create, {.password = test::PostgresqlServer::password()});
  ASSERT_TRUE(database) << database.error().message;
  std::string setting;
  EXPECT_TRUE(
      (*database)->write([&](soci::session& s) { s << "SHOW synchronous_commit", soci::into(setting); }));
  EXPECT_EQ(setting, "on");
}

}  // namespace
}  // namespace portcullis::records
