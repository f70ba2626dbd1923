// SPDX-License-Identifier: Apache-2.0
//
// `notify` on real records: what a restart and a fleet make of its cursors.
#include "notifications.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "support/postgresql_server.hpp"
#include "support/raw_server.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::cli {
namespace {

using namespace std::chrono_literals;
using test::wait_until;

/// Keeps the numbers of the events that came; every third request fails.
class Flaky {
 public:
  std::vector<int> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  std::string url() const { return server_.url(); }

 private:
  test::RawAnswer take(const test::RawRequest& request) {
    const std::string name = "X-Portcullis-Event-Id: ";
    const std::lock_guard lock(mutex_);
    if (++requests_ % 3 == 0) return {test::http_message("503 Service Unavailable", "", "")};
    events_.push_back(std::stoi(request.head.substr(request.head.find(name) + name.size())));
    return {test::http_message("200 OK", "", "ok")};
  }

  mutable std::mutex mutex_;
  int requests_ = 0;
  std::vector<int> events_;
  test::RawServer server_{[this](const test::RawRequest& request) { return take(request); }};
};

config::Config configured(const std::string& url, const std::string& database = {}) {
  config::Config config;
  notify::TargetOptions target;
  target.name = "siem";
  target.to = notify::WebhookOptions{.url = url};
  target.pace.poll = target.pace.first_retry = 2ms;
  target.pace.longest_retry = 4ms;
  config.notify = {target};
  config.records.url = database;
  return config;
}

std::unique_ptr<records::Records> open(const std::string& place, const std::string& password = {}) {
  auto records = records::open(place, {.password = password});
  if (!records) throw std::runtime_error(records.error().message);
  return *std::move(records);
}

void add_event(records::Records& records) {
  records::Event event;
  event.at = util::SystemClock().now();
  event.action = "pull-blocked";
  ASSERT_TRUE(records.put_event(event));
}

std::set<int> up_to(int count) {
  std::set<int> all;
  for (int i = 1; i <= count; ++i) all.insert(i);
  return all;
}
std::set<int> distinct(const std::vector<int>& events) { return {events.begin(), events.end()}; }

TEST(Notifications, ARestartInTheMiddleLosesNothing) {
  constexpr int kEvents = 60;
  const test::TempDir dir;
  const util::SystemClock clock;
  util::MemoryMetrics metrics;
  Flaky receiver;
  const auto config = configured(receiver.url());
  auto records = open(dir / "records.db");
  auto running = start_notifications(config, *records, clock, metrics).value();
  for (int i = 0; i < kEvents; ++i) {
    add_event(*records);
    if (i % 15 != 14) continue;
    const auto before = receiver.events().size();
    EXPECT_TRUE(wait_until([&] { return receiver.events().size() > before; }));
    running.notifier.reset();  // wherever it is
    running = {};
    records.reset();
    records = open(dir / "records.db");
    running = start_notifications(config, *records, clock, metrics).value();
  }
  EXPECT_TRUE(wait_until([&] { return distinct(receiver.events()) == up_to(kEvents); }))
      << testing::PrintToString(receiver.events());
}

TEST(Notifications, ATargetThatIsGoneForAWeekIsForgotten) {
  const test::TempDir dir;
  const auto records = open(dir / "records.db");
  const auto now = util::SystemClock().now();
  ASSERT_TRUE(records->put_cursor("notify/siem", 1, now - 24h * 30));
  ASSERT_TRUE(records->put_cursor("notify/gone", 1, now - 24h * 8));
  ASSERT_TRUE(records->put_cursor("notify/moved", 1, now - 24h * 6));
  ASSERT_TRUE(records->put_cursor("other", 1, now - 24h * 30));
  forget_old_targets(*records, configured("http://127.0.0.1:1").notify, now);
  std::vector<std::string> left;
  const auto cursors = records->cursors().value();
  for (const auto& cursor : cursors) left.push_back(cursor.name);
  EXPECT_THAT(left, testing::ElementsAre("notify/moved", "notify/siem", "other"));
}

TEST(Notifications, OfAFleetAreSentByOneAtATime) {
  PORTCULLIS_REQUIRE(test::PostgresqlServer::available(), "PostgreSQL");
  constexpr int kEvents = 20;
  test::PostgresqlServer server;
  server.sql("postgres", "CREATE DATABASE fleet");
  const auto url = server.url("fleet");
  const util::SystemClock clock;
  util::MemoryMetrics metrics;
  Flaky receiver;
  const auto config = configured(receiver.url(), url);
  const auto one = open(url, test::PostgresqlServer::password());
  const auto two = open(url, test::PostgresqlServer::password());
  auto first = start_notifications(config, *one, clock, metrics).value();
  ASSERT_TRUE(wait_until([&] { return server.sql("fleet", "SELECT holder FROM leases") != ""; }));
  auto second = start_notifications(config, *two, clock, metrics).value();
  for (int i = 0; i < kEvents; ++i) add_event(i % 2 == 0 ? *one : *two);
  ASSERT_TRUE(wait_until([&] { return distinct(receiver.events()) == up_to(kEvents); }));
  EXPECT_EQ(receiver.events().size(), static_cast<std::size_t>(kEvents)) << "none twice";

  first.notifier->stop();  // and gives its turn to the other
  add_event(*one);
  EXPECT_TRUE(wait_until([&] { return distinct(receiver.events()) == up_to(kEvents + 1); }));
}

}  // namespace
}  // namespace portcullis::cli
