// SPDX-License-Identifier: Apache-2.0
//
// The API over real records and a real store; gate and scanner say what a test tells them to say.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "portcullis/api/api.hpp"
#include "portcullis/records/inventory.hpp"
#include "records/samples.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::api {

class FakeScanner final : public scan::Service {
 public:
  scan::Profile profile() const override {
    return {profile_, 2, 1, {{"broken.yar", "line 1: syntax error"}}, {}, {}, {"seccomp"}};
  }
  findings::ScanResult scan(const scan::Job&, util::ByteSource&) override { return {}; }
  findings::ScanResult scan_directory(int) override { return {}; }
  util::Result<scan::ArchiveListing> list_archive(util::ByteSource&, util::ByteSink&) override { return {}; }
  util::Result<std::vector<findings::RuleInfo>> list_rules() override {
    ++listed_;
    std::vector<findings::RuleInfo> rules(2);
    rules[0].file = "miner.yar";
    rules[0].identifier = "miner_xmrig";
    rules[0].description = records::samples::hostile();
    rules[1].file = "other.yar";
    rules[1].identifier = "other";
    if (gone_) rules.erase(rules.begin());
    return rules;
  }
  util::Result<std::vector<scan::LintNote>> lint_rules() override {
    return std::vector{scan::LintNote{scan::LintLevel::error, "broken.yar", 1, "", "syntax error"}};
  }
  bool ready() const override { return true; }
  util::Result<std::vector<scan::SampleFile>> test_rules(int) override { return {}; }
  util::Result<std::vector<scan::RuleCost>> bench_rules(const std::vector<std::filesystem::path>&,
                                                        std::chrono::seconds) override {
    return {};
  }
  util::Result<scan::Profile> reload(const scan::RuleOptions&) override { return profile(); }
  void revoke(const std::string&) override {}
  void stop() override {}

  std::string profile_ = "profile-1";
  int listed_ = 0;
  bool gone_ = false;  ///< the rule miner_xmrig
};

/// The gate of a test knows one image that can be scanned again.
class FakeGate final : public gate::Gate {
 public:
  gate::ManifestAnswer manifest(const gate::ManifestRequest&) override {
    gate::ManifestAnswer answer;
    answer.status = gate::Status::blocked;
    answer.message = "BLOCKED by Portcullis: rule x";
    answer.report_id = "r1";
    return answer;
  }
  gate::BlobAnswer blob(const gate::BlobRequest&) override { return {}; }
  gate::ReferrersAnswer referrers(const gate::ReferrersRequest&) override { return {}; }
  gate::TagsAnswer tags(const gate::TagsRequest&) override { return {}; }
  Judgement judge(const gate::ManifestRequest&) override { return {}; }
  void set_names(std::shared_ptr<const naming::NameIndex>) override {}
  void set_policy(policy::Policy) override {}
  std::vector<gate::JudgingNow> judging() const override {
    gate::JudgingNow now{{}, {}, oci::Digest::of("judged"), {}};
    now.host = "docker.io";
    now.repository = "library/nginx";
    now.reference = records::samples::hostile();
    return {now};
  }
  gate::RescanProgress rescans() const override {
    gate::RescanProgress progress;
    progress.profile = "profile-1";
    progress.total = 3;
    progress.done = 1;
    progress.left = 2;
    return progress;
  }
  util::Result<void> rescan(const std::string&, const std::string& repository, const oci::Digest&) override {
    if (repository != "owner/image") return util::fail(util::ErrorKind::absent, "never judged here");
    return {};
  }
  void waivers_changed() override { ++waivers_changed_; }
  void stop() override {}

  int waivers_changed_ = 0;
};

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    auto opened = records::open((dir_ / "p.db").string());
    EXPECT_TRUE(opened) << opened.error().message;
    records_ = *std::move(opened);
    auto store = blobs::open_store({.directory = dir_ / "blobs"}, metrics_);
    EXPECT_TRUE(store) << store.error().message;
    store_ = *std::move(store);
    viewer_ = token("victor", records::Role::viewer);
    operator_ = token("olga", records::Role::operator_);
    restart();
  }

  void restart(std::size_t max_streams = 8) {
    api_ = make_api(
        {.gate = &gate_,
         .records = records_.get(),
         .scanner = &scanner_,
         .store = store_.get(),
         .clock = &clock_,
         .policy = [] { return policy::Policy{}; },
         .names =
             [] {
               return naming::Options{.protect = {"corp/app"}, .deny = {"*/" + records::samples::hostile()}};
             },
         .reload = [this]() -> util::Result<void> {
           if (!reload_fails_.empty()) return util::fail(util::ErrorKind::invalid, reload_fails_);
           return {};
         },
         .change_rule = [this](const records::RuleChange& change) -> util::Result<void> {
           if (!reload_fails_.empty()) return util::fail(util::ErrorKind::invalid, reload_fails_);
           return records_->rule_settings().change(change);
         },
         .measure_rules = [this] { return costs(); }},
        {.version = "1.2.3", .registry_url = "http://registry.example:5000", .max_streams = max_streams});
  }

  util::Result<std::vector<scan::RuleCost>> costs() const {
    using Of = scan::RuleCost::Of;
    if (!measures_) return std::vector{scan::RuleCost{.of = Of::all}};
    const auto cost = [](Of of, const char* file, std::uint64_t nanoseconds) {
      return scan::RuleCost{
          .of = of, .file = file, .rules = 1, .nanoseconds = nanoseconds, .files = 3, .bytes = 1'000'000};
    };
    return std::vector{cost(Of::all, "", 4'000'000), cost(Of::none, "", 1'000'000),
                       cost(Of::file, "other.yar", 500'000), cost(Of::file, "miner.yar", 2'000'000)};
  }

  records::TokenRecord token(const std::string& name, records::Role role) {
    auto made = records_->tokens().create(name, role, clock_.now(), clock_.now() + std::chrono::hours(9), {});
    EXPECT_TRUE(made);
    return made->record;
  }

  Answer ask(const std::string& method, const std::string& target, std::optional<records::TokenRecord> caller,
             const std::string& body = {}) {
    return api_->answer({.method = method,
                         .target = "/api/v1" + target,
                         .content_type = body.empty() ? "" : "application/json; charset=utf-8",
                         .body = body,
                         .caller = std::move(caller),
                         .address = "192.0.2.7"});
  }
  nlohmann::json get(const std::string& target) {
    const auto answer = ask("GET", target, viewer_);
    EXPECT_EQ(answer.status, 200) << target << ": " << answer.body;
    return nlohmann::json::parse(answer.body, nullptr, false);
  }
  /// The problem body, whose form is checked.
  nlohmann::json problem_of(const Answer& answer, int status) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.content_type, "application/problem+json");
    auto json = nlohmann::json::parse(answer.body, nullptr, false);
    EXPECT_EQ(json.value("status", 0), status) << answer.body;
    EXPECT_FALSE(json.value("title", "").empty());
    EXPECT_FALSE(json.value("detail", "").empty());
    EXPECT_EQ(json.value("instance", "").substr(0, 7), "/api/v1");
    return json;
  }

  /// A blocked image with a hostile finding, and its pull.
  void fill() {
    using namespace records::samples;
    auto scanned = records::samples::scan("layer");
    scanned.result.outcome = findings::Outcome::complete;
    scanned.result.findings[0].source = findings::Source::yara;
    scanned.key.media_type = "application/x" + hostile();
    EXPECT_TRUE(records_->put_scan(scanned));
    auto record = decision("d1");
    record.decision.action = findings::Action::block;
    record.decision.would_block = false;
    record.decision.reasons[0].waiver.clear();
    EXPECT_TRUE(records_->put_decision(record, event("image-blocked")));
    auto pulled = pull();
    pulled.host = record.host;
    pulled.repository = record.repository;
    pulled.action = findings::Action::block;
    EXPECT_TRUE(records_->put_pulls({pulled}));
    EXPECT_TRUE(records_->put_event(event("pull-blocked")));
    EXPECT_TRUE(records_->inventory().put(
        {digest("layer"), {{"usr/bin/" + hostile(), std::string(64, 'a'), 12, "elf"}}, false, at(3)}));
  }

  portcullis::test::TempDir dir_;
  util::MemoryMetrics metrics_;
  util::ManualClock clock_{records::samples::at(1000)};
  std::unique_ptr<records::Records> records_;
  std::unique_ptr<blobs::Store> store_;
  FakeGate gate_;
  FakeScanner scanner_;
  std::string reload_fails_;
  bool measures_ = true;
  records::TokenRecord viewer_;
  records::TokenRecord operator_;
  std::unique_ptr<Api> api_;
};

}  // namespace portcullis::api
