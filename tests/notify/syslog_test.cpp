// SPDX-License-Identifier: Apache-2.0
//
// Against rsyslog, which reads RFC 5424 and octet counting for itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "samples.hpp"
#include "sender.hpp"
#include "support/loopback.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"
#include "syslog_message.hpp"

namespace portcullis::notify {
namespace {

using namespace samples;
using nlohmann::json;
using test::wait_until;
using testing::HasSubstr;
using testing::MatchesRegex;

TEST(SyslogMessage, HasTheHeaderOfRfc5424) {
  const auto message = syslog_message(blocked(), "{}", {16, "gate-1", 4711});
  EXPECT_EQ(message, "<130>1 2026-11-18T11:06:40.000Z gate-1 portcullis 4711 pull-blocked - {}");
}

TEST(SyslogMessage, HeaderFieldsStayFields) {
  const auto message = syslog_message(worst(), "{}", {16, "a b\n\xff", 1});
  EXPECT_THAT(message, MatchesRegex("<13[0-9]>1 [^ ]+ a_b__ portcullis 1 [!-~]{32} - \\{\\}"));
}

struct AddressRow {
  const char* text;
  bool good;
};
TEST(SyslogAddress, IsParsedStrictly) {
  for (const auto& [text, good] : {AddressRow{"unix:/dev/log", true},
                                   {"udp:10.0.0.1:514", true},
                                   {"tcp:logs.example.com:6514", true},
                                   {"tcp:[::1]:514", true},
                                   {"tcp:::1:514", false},
                                   {"unix:dev/log", false},
                                   {"udp:10.0.0.1", false},
                                   {"tcp:host:0", false},
                                   {"tcp:host:70000", false},
                                   {"tcp::514", false},
                                   {"tls:host:514", false},
                                   {"", false}}) {
    EXPECT_EQ(parse_syslog_address(text).has_value(), good) << text;
  }
}

/// Writes what it understood of each message as one JSON line.
class Rsyslog {
 public:
  Rsyslog() {
    dir_.write(
        "conf",
        "module(load=\"imudp\") module(load=\"imtcp\") module(load=\"imuxsock\" SysSock.Use=\"off\")\n"
        "global(workDirectory=\"" +
            dir_.path().string() +
            "\" maxMessageSize=\"300k\")\n"
            "input(type=\"imudp\" address=\"127.0.0.1\" port=\"" +
            std::to_string(port_) +
            "\")\n"
            "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"" +
            std::to_string(port_) +
            "\")\n"
            "input(type=\"imuxsock\" Socket=\"" +
            socket() +
            "\" UseSpecialParser=\"off\" IgnoreTimestamp=\"off\")\n"
            "template(name=\"t\" type=\"list\" option.jsonf=\"on\") {\n"
            " property(outname=\"version\" name=\"protocol-version\" format=\"jsonf\")\n"
            " property(outname=\"priority\" name=\"pri\" format=\"jsonf\")\n"
            " property(outname=\"time\" name=\"timereported\" dateFormat=\"rfc3339\" format=\"jsonf\")\n"
            " property(outname=\"host\" name=\"hostname\" format=\"jsonf\")\n"
            " property(outname=\"app\" name=\"app-name\" format=\"jsonf\")\n"
            " property(outname=\"id\" name=\"msgid\" format=\"jsonf\")\n"
            " property(outname=\"msg\" name=\"msg\" format=\"jsonf\")\n}\n"
            "action(type=\"omfile\" file=\"" +
            (dir_ / "out").string() + "\" template=\"t\")\n");
    start();
  }

  void start() {
    process_.emplace(test::Command{
        .argv = {"rsyslogd", "-n", "-f", (dir_ / "conf").string(), "-i", (dir_ / "pid").string()},
        .out_file = dir_ / "log",
        .err_file = dir_ / "log"});
    if (!wait_until([&] { return listens() && std::filesystem::exists(socket()); })) {
      throw std::runtime_error("rsyslogd did not start: " + test::slurp(dir_ / "log"));
    }
  }
  void stop() {
    process_->terminate();
    process_.reset();
  }

  std::uint16_t port() const { return port_; }
  std::string socket() const { return (dir_ / "socket").string(); }
  std::string log() const { return test::slurp(dir_ / "log"); }
  std::vector<json> messages() const {
    std::vector<json> all;
    std::istringstream lines(test::slurp(dir_ / "out"));
    for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
    return all;
  }

 private:
  bool listens() const {
    const auto fd = test::tcp_socket();
    const auto address = test::loopback_address(port_);
    return connect(fd.get(), &address, sizeof address) == 0;
  }

  test::TempDir dir_;
  std::uint16_t port_ = test::free_port();
  std::optional<test::Process> process_;
};

class Syslog : public testing::TestWithParam<SyslogTransport> {
 protected:
  SyslogOptions options(const Rsyslog& server) const {
    SyslogOptions options;
    options.transport = GetParam();
    options.host = GetParam() == SyslogTransport::unix_socket ? server.socket() : "127.0.0.1";
    options.port = server.port();
    options.facility = 10;
    return options;
  }
};

TEST_P(Syslog, RsyslogUnderstandsIt) {
  PORTCULLIS_REQUIRE_TOOL("rsyslogd");
  const Rsyslog server;
  const auto sender = make_syslog_sender(options(server), "https://gate.example");
  std::vector<findings::Event> events = {blocked(), worst(), event("tag-moved", findings::Severity::low)};
  events[1].action = "pull-blocked";
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].sequence = static_cast<std::int64_t>(i) + 1;
    const auto sent = sender->send(events[i], {});
    ASSERT_TRUE(sent.sent()) << sent.reason;
  }
  const auto flushed = sender->flush({});
  ASSERT_TRUE(flushed.sent()) << flushed.reason;
  ASSERT_TRUE(wait_until([&] { return server.messages().size() == events.size(); }))
      << server.messages().size() << server.log();
  const auto got = server.messages();
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(got[i]["version"], "1");
    EXPECT_EQ(got[i]["app"], "portcullis");
    EXPECT_EQ(got[i]["id"], events[i].action);
    EXPECT_THAT(got[i]["time"].get<std::string>(), HasSubstr("2026-11-18T11:06:40"));
    const auto inner = json::parse(got[i]["msg"].get<std::string>());
    EXPECT_EQ(inner["event.sequence"], events[i].sequence);
  }
  EXPECT_EQ(got[0]["priority"], "82");  // authpriv.crit
  EXPECT_EQ(got[2]["priority"], "85");  // authpriv.notice
  EXPECT_EQ(json::parse(got[1]["msg"].get<std::string>()).contains("portcullis.truncated"),
            GetParam() != SyslogTransport::tcp);
}

INSTANTIATE_TEST_SUITE_P(Transports, Syslog,
                         testing::Values(SyslogTransport::unix_socket, SyslogTransport::udp,
                                         SyslogTransport::tcp),
                         [](const auto& row) {
                           return row.param == SyslogTransport::tcp   ? "tcp"
                                  : row.param == SyslogTransport::udp ? "udp"
                                                                      : "unix";
                         });

TEST(SyslogOverTcp, ARestartOfTheServerLosesNothing) {
  PORTCULLIS_REQUIRE_TOOL("rsyslogd");
  Rsyslog server;
  MemoryLog log;
  const util::ManualClock clock{at(60)};
  util::MemoryMetrics metrics;
  TargetOptions target;
  target.name = "siem";
  target.to = SyslogOptions{.transport = SyslogTransport::tcp, .host = "127.0.0.1", .port = server.port()};
  target.pace.poll = target.pace.first_retry = std::chrono::milliseconds(5);
  target.pace.longest_retry = std::chrono::milliseconds(50);
  const auto started = start_notifier({target}, {&log, &clock, &metrics, ""});
  ASSERT_TRUE(started) << started.error().message;
  log.add(blocked());
  ASSERT_TRUE(wait_until([&] { return log.place("siem") == 1 && !server.messages().empty(); }));
  server.stop();
  log.add(blocked());
  log.add(blocked());
  EXPECT_TRUE(wait_until(
      [&] { return metrics.value("portcullis_notify_events_total{target=siem,outcome=failed}") > 1; }));
  server.start();
  ASSERT_TRUE(wait_until([&] { return log.place("siem") == 3; }));
  std::set<int> seen;
  EXPECT_TRUE(wait_until([&] {
    for (const auto& message : server.messages()) {
      seen.insert(json::parse(message["msg"].get<std::string>())["event.sequence"].get<int>());
    }
    return seen == std::set<int>{1, 2, 3};
  }));
}

TEST(SyslogOverTcp, AServerThatReadsNothingIsAFailure) {
  const auto listener = test::listen_on_loopback();
  SyslogOptions options{.transport = SyslogTransport::tcp, .host = "127.0.0.1", .port = listener.port};
  options.timeout = std::chrono::milliseconds(200);
  const auto sender = make_syslog_sender(options, "");
  auto event = worst();
  Delivery delivery;
  for (int i = 0; i < 1000 && delivery.sent(); ++i) delivery = sender->send(event, {});
  EXPECT_EQ(delivery.outcome, Delivery::Outcome::failed);
  EXPECT_THAT(delivery.reason, HasSubstr("took nothing in time"));
  EXPECT_FALSE(sender->flush({}).sent()) << "what was sent before may be lost";
  EXPECT_TRUE(sender->flush({}).sent());
}

TEST(SyslogOverUnix, ASocketThatIsNotThereIsNamed) {
  const auto sender = make_syslog_sender({.host = "/nonexistent/log"}, "");
  EXPECT_THAT(sender->send(blocked(), {}).reason, HasSubstr("/nonexistent/log: connect"));
}

}  // namespace
}  // namespace portcullis::notify
