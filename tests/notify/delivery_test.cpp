// SPDX-License-Identifier: Apache-2.0
//
// What becomes of events when their targets misbehave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backoff.hpp"
#include "receiver.hpp"
#include "samples.hpp"
#include "support/certificates.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::notify {
namespace {

using namespace samples;
using namespace std::chrono_literals;
using test::http_message;
using test::RawAnswer;
using test::wait_until;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Delivering : public testing::Test {
 protected:
  static TargetOptions webhook(const std::string& name, const std::string& url) {
    TargetOptions target;
    target.name = name;
    target.to = WebhookOptions{.url = url};
    target.pace.poll = 5ms;
    target.pace.first_retry = 5ms;
    target.pace.longest_retry = 20ms;
    return target;
  }
  WebhookOptions& hook(TargetOptions& target) { return std::get<WebhookOptions>(target.to); }

  void start(std::vector<TargetOptions> targets) {
    auto started = start_notifier(std::move(targets), {&log_, &clock_, &metrics_, "https://gate.example"});
    ASSERT_TRUE(started) << started.error().message;
    notifier_ = *std::move(started);
  }
  double count(const std::string& target, const std::string& outcome) {
    return metrics_.value("portcullis_notify_events_total{target=" + target + ",outcome=" + outcome + "}");
  }
  bool reaches(const std::string& target, std::int64_t sequence) {
    return wait_until([&] { return log_.place(target) >= sequence; });
  }

  MemoryLog log_;
  util::ManualClock clock_{at(60)};
  util::MemoryMetrics metrics_;
  Receiver receiver_;
  std::unique_ptr<Notifier> notifier_;
};

TEST_F(Delivering, ANewTargetBeginsNowAndAnOldOneWhereItWas) {
  log_.add(blocked());
  auto early = webhook("early", receiver_.url("/early"));
  early.start = Start::beginning;
  start({webhook("late", receiver_.url("/late")), early});
  ASSERT_TRUE(reaches("early", 1));
  EXPECT_EQ(log_.place("late"), 1);
  notifier_.reset();
  log_.add(blocked());
  start({webhook("late", receiver_.url("/late")), early});
  ASSERT_TRUE(reaches("early", 2) && reaches("late", 2));
  std::vector<std::string> where;
  for (const auto& request : receiver_.requests()) {
    where.push_back(request.target + " " + Receiver::header(request, "X-Portcullis-Event-Id"));
  }
  EXPECT_THAT(where, testing::UnorderedElementsAre("/early 1", "/early 2", "/late 2"));
}

TEST_F(Delivering, FilteredEventsArePassedOver) {
  auto target = webhook("slack", receiver_.url());
  target.filter = {{"pull-blocked", "retro-alert"}, findings::Severity::high, {"docker.io/library/*"}};
  start({target});
  log_.add(blocked());
  log_.add(blocked("stranger/nginx"));
  auto mild = blocked();
  mild.severity = findings::Severity::medium;
  log_.add(mild);
  auto other = blocked();
  other.action = "image-blocked";
  log_.add(other);
  other.action = "retro-alert";
  log_.add(other);
  ASSERT_TRUE(reaches("slack", 5));
  EXPECT_THAT(receiver_.events(), ElementsAre(1, 5));
  EXPECT_EQ(count("slack", "sent"), 2);
}

struct Fault {
  const char* name;
  RawAnswer answer;
};
class Faults : public Delivering, public testing::WithParamInterface<Fault> {};

TEST_P(Faults, AreTriedAgainInOrderUntilTheyEnd) {
  auto target = webhook("hook", receiver_.url());
  hook(target).timeout = 300ms;
  receiver_.answer({GetParam().answer, GetParam().answer});
  start({target});
  log_.add(blocked());
  log_.add(blocked());
  ASSERT_TRUE(reaches("hook", 2));
  EXPECT_THAT(receiver_.events(), ElementsAre(1, 1, 1, 2));
  EXPECT_EQ(count("hook", "failed"), 2);
  EXPECT_EQ(count("hook", "sent"), 2);
  for (const auto& request : receiver_.requests()) EXPECT_EQ(request.method + request.target, "POST/hook");
}

const Fault kFaults[] = {
    {"server_error", {http_message("500 Internal Server Error", "", "no")}},
    {"stall", {"", test::Afterwards::hang}},
    {"stall_in_the_answer", {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab", test::Afterwards::hang}},
    {"end_in_the_answer", {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"}},
    {"end_before_the_answer", {""}},
    {"no_http", {"220 mail.example ESMTP\r\n"}},
    {"redirect", {http_message("302 Found", "Location: /elsewhere\r\n", "")}},
    {"too_many", {http_message("429 Too Many Requests", "", "slow down")}},
    {"timeout", {http_message("408 Request Timeout", "", "")}},
    {"unauthorized", {http_message("401 Unauthorized", "", "")}},
    {"hook_was_removed", {http_message("404 Not Found", "", "no_service")}},
    {"endless_answer", {http_message("200 OK", "", std::string(1u << 20, 'x'))}},
};
INSTANTIATE_TEST_SUITE_P(Table, Faults, testing::ValuesIn(kFaults),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(Delivering, AnEventThatIsRefusedIsSetAsideAndTheOthersArrive) {
  auto target = webhook("hook", receiver_.url());
  target.pace.refusals = 3;
  const RawAnswer refusal{http_message("400 Bad Request", "", "invalid_payload")};
  receiver_.answer({refusal, refusal, refusal});
  start({target});
  log_.add(blocked());
  log_.add(blocked());
  testing::internal::CaptureStderr();
  ASSERT_TRUE(reaches("hook", 2));
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(receiver_.events(), ElementsAre(1, 1, 1, 2));
  EXPECT_EQ(count("hook", "set_aside"), 1);
  EXPECT_EQ(count("hook", "sent"), 1);
  EXPECT_THAT(log, AllOf(HasSubstr("event set aside"), HasSubstr("invalid_payload")));
}

TEST_F(Delivering, ATargetThatHangsHoldsUpNoOther) {
  auto slow = webhook("slow", receiver_.url());
  hook(slow).timeout = 30s;
  receiver_.answer({{"", test::Afterwards::hang}});
  Receiver other;
  start({slow, webhook("other", other.url())});
  log_.add(blocked());
  ASSERT_TRUE(wait_until([&] { return receiver_.events().size() == 1; }));
  for (int i = 0; i < 20; ++i) log_.add(blocked());
  ASSERT_TRUE(reaches("other", 21));
  EXPECT_EQ(log_.place("slow"), 0);
}

TEST_F(Delivering, ATargetThatIsBehindIsSeenAndSaid) {
  auto target = webhook("hook", "http://127.0.0.1:1/nobody");
  target.pace.behind_events = 3;
  start({target});
  testing::internal::CaptureStderr();
  for (int i = 0; i < 4; ++i) log_.add(blocked());
  EXPECT_TRUE(
      wait_until([&] { return metrics_.value("portcullis_notify_waiting_events{target=hook}") == 4; }));
  EXPECT_TRUE(
      wait_until([&] { return metrics_.value("portcullis_notify_behind_seconds{target=hook}") == 60; }));
  notifier_->stop();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("notifications are behind"));
}

TEST_F(Delivering, WhatATargetMissedForTooLongIsGivenUp) {
  auto target = webhook("hook", receiver_.url());
  target.pace.keep_for = 1h;
  receiver_.answer(std::vector<RawAnswer>(100'000, {http_message("500 Internal Server Error", "", "")}));
  auto old = blocked();
  old.at = clock_.now() - 2h;
  start({target});
  log_.add(old);
  log_.add(old);
  ASSERT_TRUE(wait_until([&] { return receiver_.events().size() > 5; }));
  EXPECT_EQ(count("hook", "expired"), 0) << "it has not failed for long";
  clock_.advance(1h);
  auto fresh = blocked();
  fresh.at = clock_.now();
  log_.add(fresh);
  ASSERT_TRUE(reaches("hook", 2));
  receiver_.answer({});
  ASSERT_TRUE(reaches("hook", 3));
  const auto events = receiver_.events();
  EXPECT_EQ(std::set<std::int64_t>(events.begin(), events.end()), (std::set<std::int64_t>{1, 3}));
  EXPECT_EQ(count("hook", "expired"), 2);
}

TEST_F(Delivering, NothingIsLostWhenTheRecordsBreakAndComeBack) {
  start({webhook("hook", receiver_.url())});
  log_.add(blocked());
  ASSERT_TRUE(reaches("hook", 1));
  log_.broken = true;
  log_.add(blocked());
  log_.add(blocked());
  std::this_thread::sleep_for(30ms);
  log_.broken = false;
  ASSERT_TRUE(reaches("hook", 3));
  const auto events = receiver_.events();
  EXPECT_EQ(std::set<std::int64_t>(events.begin(), events.end()), (std::set<std::int64_t>{1, 2, 3}));
}

TEST_F(Delivering, WhatAnotherPortcullisServesIsLeftToIt) {
  log_.taken = true;
  start({webhook("hook", receiver_.url())});
  log_.add(blocked());
  std::this_thread::sleep_for(50ms);
  EXPECT_THAT(receiver_.events(), ElementsAre());
  EXPECT_EQ(log_.place("hook"), 0);
}

TEST_F(Delivering, StopsAlthoughATargetHangs) {
  auto target = webhook("hook", receiver_.url());
  hook(target).timeout = 30s;
  receiver_.answer({{"", test::Afterwards::hang}});
  start({target});
  log_.add(blocked());
  ASSERT_TRUE(wait_until([&] { return receiver_.events().size() == 1; }));
  notifier_->stop();  // or the test takes its whole time limit
  EXPECT_EQ(log_.place("hook"), 0);
  start({target});
  ASSERT_TRUE(reaches("hook", 1)) << "made again after the restart";
}

/// Computed by a program that is not ours.
std::string openssl_hmac(const std::string& secret, const std::string& text) {
  const auto done =
      test::run_ok({.argv = {"openssl", "dgst", "-sha256", "-hmac", secret, "-hex"}, .input = text});
  return done.out.substr(done.out.find("= ") + 2, 64);
}

TEST_F(Delivering, TheSignatureIsWhatOpensslComputes) {
  PORTCULLIS_REQUIRE_TOOL("openssl");
  auto target = webhook("hook", receiver_.url());
  hook(target).secret = "s3cret with words";
  hook(target).token = "t0ken";
  start({target});
  log_.add(worst());
  ASSERT_TRUE(reaches("hook", 1));
  const auto request = receiver_.requests().at(0);
  const auto signature = Receiver::header(request, "X-Portcullis-Signature");
  ASSERT_TRUE(signature.starts_with("t=")) << signature;
  const auto time = signature.substr(2, signature.find(',') - 2);
  EXPECT_EQ(signature.substr(signature.find(",v1=") + 4),
            openssl_hmac("s3cret with words", time + "." + request.body));
  EXPECT_EQ(Receiver::header(request, "Authorization"), "Bearer t0ken");
  EXPECT_EQ(Receiver::header(request, "Content-Type"), "application/json");
  EXPECT_EQ(Receiver::header(request, "Idempotency-Key"), "portcullis-1");
  EXPECT_FALSE(request.body.empty());
}

constexpr const char* kTlsServer = R"(
import http.server, ssl, sys
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Hook)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
)";

TEST_F(Delivering, TrustsTheCaItWasGivenAndNoOther) {
  PORTCULLIS_REQUIRE_TOOL("python3");
  PORTCULLIS_REQUIRE_TOOL("openssl");
  const test::TempDir dir;
  const test::TestCa ca(dir.path());
  const test::TestCa stranger(dir.path(), "stranger");
  const auto pair = ca.server("hook");
  const auto port = std::to_string(test::free_port());
  const test::Process server(
      test::Command{.argv = {"python3", "-c", kTlsServer, port, pair.cert.string(), pair.key.string()},
                    .err_file = dir / "log"});
  const auto hook_with = [&](const std::string& name, const std::string& ca_file) {
    auto target = webhook(name, "https://localhost:" + port + "/");
    hook(target).ca_file = ca_file;
    return target;
  };
  start({hook_with("right", ca.cert().string()), hook_with("wrong", stranger.cert().string()),
         hook_with("system", "")});
  log_.add(blocked());
  ASSERT_TRUE(reaches("right", 1)) << test::slurp(dir / "log");
  for (const char* name : {"wrong", "system"}) {
    const auto before = count(name, "failed");
    EXPECT_TRUE(wait_until([&] { return count(name, "failed") > before + 1; }));
    EXPECT_EQ(log_.place(name), 0) << name;
  }
}

TEST_F(Delivering, ReasonsDoNotShowTheSecretInAnAddress) {
  testing::internal::CaptureStderr();
  start({webhook("hook", "http://127.0.0.1:1/services/T0/S3CRET")});
  log_.add(blocked());
  EXPECT_TRUE(wait_until([&] { return count("hook", "failed") >= 1; }));
  notifier_->stop();
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, AllOf(HasSubstr("notification failed"), HasSubstr("127.0.0.1"), Not(HasSubstr("S3CRET"))));
}

TEST_F(Delivering, ACaFileThatIsNoneIsNamed) {
  const test::TempDir dir;
  auto target = webhook("hook", "https://127.0.0.1:1/");
  hook(target).ca_file = dir.write("ca.pem", "nonsense");
  const auto started = start_notifier({target}, {&log_, &clock_, &metrics_, ""});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message,
              AllOf(HasSubstr("notify hook"), HasSubstr("ca_file"), HasSubstr("ca.pem")));
}

TEST(Backoff, DoublesUpToItsBoundAndKeepsWhatWasAskedFor) {
  EXPECT_EQ(backoff(1, 1s, 300s, 1, 0s), 1s);
  EXPECT_EQ(backoff(1, 1s, 300s, 0, 0s), 500ms);
  EXPECT_EQ(backoff(4, 1s, 300s, 1, 0s), 8s);
  EXPECT_EQ(backoff(1000, 1s, 300s, 1, 0s), 300s);
  EXPECT_EQ(backoff(1, 1s, 300s, 1, 70s), 70s);
  EXPECT_EQ(backoff(9, 1s, 300s, 1, 1s), 256s);
}

}  // namespace
}  // namespace portcullis::notify
