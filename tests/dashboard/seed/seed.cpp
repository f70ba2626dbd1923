// SPDX-License-Identifier: Apache-2.0
//
// Fills new records with plausible and with hostile rows, for tests and screenshots of the dashboard:
//   portcullis_dashboard_seed LOCATION [PULLS]
// LOCATION is what records::open() takes, PULLS how many blocked ones a single client has. Prints a JSON
// object: tokens of an operator and a viewer, ids of decisions that show something, and the address of that
// client. Times end now; everything else is the same each time.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "portcullis/records/inventory.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/records/tokens.hpp"
#include "portcullis/records/waivers.hpp"
#include "records/samples.hpp"

namespace portcullis::records {
namespace {

using findings::Action;
using findings::Severity;
using namespace std::chrono_literals;

constexpr unsigned kImages = 160;
constexpr unsigned kAges = 100;
constexpr unsigned kClients = 40;
constexpr unsigned kBatch = 500;
constexpr const char* kProfile = "5eed5eed5eed5eed";
constexpr const char* kNewProfile = "0dd50dd50dd50dd5";
constexpr const char* kBusyClient = "10.99.0.1";
constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";

template <class T>
T value(util::Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "seed: %s\n", result.error().message.c_str());
  std::exit(1);
}
void done(const util::Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "seed: %s\n", result.error().message.c_str());
  std::exit(1);
}

/// What must stay text wherever it is shown.
const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> all = {"<img src=x onerror=alert(1)>",
                                               "<script>alert(document.cookie)</script>",
                                               "\"><svg/onload=alert(1)>",
                                               "javascript:alert(1)",
                                               "\x1b[31mred\x1b[0m\x1b]0;title\x07",
                                               "invoice\xe2\x80\xae"
                                               "fdp.exe",
                                               "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.sh",
                                               "line\nbreak\ttab\x7f",
                                               "=cmd|' /C calc'!A0",
                                               "${jndi:ldap://x}",
                                               std::string(4096, 'A'),
                                               "a " + std::string(200, ' ') + "b",
                                               samples::hostile()};
  return all;
}

struct Verdict {
  const char* code;
  const char* text;
  Action action;
  Severity severity;
  const char* technique;
};

constexpr Verdict kVerdicts[] = {
    {"rule:miner_xmrig", "rule miner_xmrig (critical) matched usr/local/bin/kworkerds in layer 3",
     Action::block, Severity::critical, "T1496"},
    {"rule:reverse_shell_script", "rule reverse_shell_script (high) matched opt/run.sh in layer 2",
     Action::block, Severity::high, "T1059.004"},
    {"rule:eicar_test_file", "rule eicar_test_file (critical) matched opt/tool/update.com in layer 2",
     Action::block, Severity::critical, "T1204.003"},
    {"outcome:unscannable", "layer 4 is unscannable: ambiguous layer: pax-duplicate-key", Action::block,
     Severity::high, ""},
    {"layer:layer_setuid_outside_packages",
     "check layer_setuid_outside_packages (medium) flagged opt/helper in layer 2", Action::warn,
     Severity::medium, "T1548.001"},
    {"cooldown", "the image is 3 hours old; images are served after 3 days", Action::block, Severity::low,
     ""}};

constexpr const char* kNames[] = {"library/nginx",   "library/redis",   "library/postgres", "bitnami/kafka",
                                  "grafana/grafana", "team/api",        "team/web",         "someone/toolbox",
                                  "ci/builder",      "prom/prometheus", "library/python",   "acme/worker"};

class Seeder {
 public:
  Seeder(Records& records, util::TimePoint now) : records_(records), now_(now) {}

  /// The oldest first, as it happens.
  void images() {
    for (unsigned age = kAges; age-- > 0;) {
      for (unsigned i = age; i < kImages; i += kAges) image(i, 30min + 7h * age);
    }
  }

  /// Before all that the other pages look at: a build that asked for the same image over and over.
  std::string busy_client(unsigned count) {
    auto record = decision("busy0001", "ci/nightly", "latest");
    record.at = now_ - 45 * 24h;
    judge(record, kVerdicts[1]);
    put(record);
    std::vector<PullRecord> batch;
    for (unsigned i = 0; i < count; ++i) {
      batch.push_back(pull_of(record, 0));
      batch.back().client_address = kBusyClient;
      batch.back().first = batch.back().last = record.at + 1min * i;
      if (batch.size() < kBatch && i + 1 < count) continue;
      done(records_.put_pulls(batch));
      batch.clear();
    }
    return kBusyClient;
  }

  /// Every text of ours in every place that takes one.
  std::string hostile_image() {
    auto record = decision("hostile1", "evil/" + hostile_texts()[0], hostile_texts()[5]);
    record.at = now_ - 5min;
    // Not a base of others: a layer that is found bad makes each of its images suspect.
    for (auto& blob : record.blobs) blob.digest = samples::digest("hostile " + blob.place);
    record.decision.action = Action::block;
    record.decision.summary = "rule evil matched <b>bold</b> in layer 1";
    ScanRecord scan{.key = {record.blobs[1].digest, kLayerType, kProfile}};
    scan.result.outcome = findings::Outcome::complete;
    for (const auto& text : hostile_texts()) {
      auto finding = samples::finding("evil_rule");
      finding.source = findings::Source::yara;
      finding.path = "opt/" + text;
      finding.description = text;
      finding.author = text;
      finding.reference = text;
      finding.techniques = {"T1496", text};
      finding.strings = {{"$a", 4096, text.substr(0, 64), "in front \x1b", "behind <b>"}};
      scan.result.findings.push_back(finding);
      record.decision.reasons.push_back(
          {Action::block, Severity::critical, "rule:evil_rule", "matched opt/" + text, ""});
    }
    scan.result.findings_truncated = true;
    scan.finished = record.at;
    done(records_.put_scan(scan));
    put(record);
    for (const auto& text : hostile_texts()) {
      auto pull = pull_of(record, 0);
      pull.client_agent = text;
      pull.client_user = text.substr(0, 100);
      done(records_.put_pulls({pull}));
    }
    return record.id;
  }

  /// Served first, then blocked: somebody has it.
  std::string retro_alert() {
    auto before = decision("served01", "team/billing", "2.4");
    before.at = now_ - 50h;
    put(before);
    pulls(before, 6);
    auto after = before;
    after.id = "retro001";
    after.at = now_ - 20min;
    after.profile = kNewProfile;
    judge(after, kVerdicts[0]);
    scan(after);
    auto event = event_of(after, "retro-alert");
    event.extra = {
        {"cause", "rescan"}, {"previous", before.id}, {"pullers.count", "6"}, {"pullers.more", "0"}};
    done(records_.put_decision(after, {event_of(after, "image-blocked"), event}));
    return after.id;
  }

  /// Its name is like another one.
  std::string squat() {
    auto record = decision("squat001", "bitnamii/redis", "7");
    record.at = now_ - 2h;
    judge(record, {"name:namespace",
                   "namespace bitnamii looks like bitnami (doubled-letter), did you mean bitnami/redis?",
                   Action::block, Severity::high, "T1036.005"});
    auto& name = record.names.emplace_back();
    name.component = "namespace";
    name.operation = "doubled-letter";
    name.target = "bitnami";
    name.score = 0.93;
    name.severity = Severity::high;
    name.text = "namespace bitnamii looks like bitnami (doubled-letter)";
    name.subject = "bitnamii";
    name.suggestion = "bitnami/redis";
    name.letters = {{findings::LetterEdit::Kind::same, "bitnami", "bitnami"},
                    {findings::LetterEdit::Kind::added, "i", ""}};
    put(record);
    pulls(record, 2);
    return record.id;
  }

  void waivers() {
    waiver("w-active", 20 * 24h, "miner_xmrig is a research image of the security team");
    waiver("w-soon", 20h, "until the vendor has a new build");
    waiver("w-expired", -48h, "for the release of last week");
    waiver("w-revoked", 5 * 24h, "a mistake");
    waiver("w-hostile", 3 * 24h, hostile_texts()[0] + hostile_texts()[4]);
    value(records_.waivers().revoke("w-revoked", {"olga", "it was not needed", now_ - 1h},
                                    plain_event("waiver-revoked", "waiver w-revoked is revoked")));
  }

  std::string token(const std::string& name, Role role) {
    return value(records_.tokens().create(name, role, now_, now_ + 24h * 30,
                                          plain_event("token-created", name)))
        .secret;
  }

 private:
  DecisionRecord decision(const std::string& id, const std::string& repository, const std::string& tag) {
    DecisionRecord record{.manifest = samples::digest(repository + tag)};
    record.id = id;
    record.host = random_() % 5 == 0 ? "ghcr.io" : "docker.io";
    record.repository = repository;
    record.reference = tag;
    record.manifest_media_type = "application/vnd.oci.image.manifest.v1+json";
    record.profile = kProfile;
    record.policy = "0123456789abcdef";
    record.decision.action = Action::allow;
    record.blobs = {{samples::digest("config of " + id), kConfigType, "config", 1500}};
    for (unsigned layer = 1; layer <= 3; ++layer) {
      // The first two are the base of many images.
      const auto content = layer < 3 ? "base " + std::to_string(layer) : "layer of " + id;
      record.blobs.push_back({samples::digest(content), kLayerType, "layer " + std::to_string(layer),
                              1'000'000ull * layer + random_() % 100'000});
    }
    return record;
  }

  void image(unsigned i, std::chrono::minutes age) {
    const auto* verdict = i % 4 == 1   ? &kVerdicts[i / 4 % std::size(kVerdicts)]
                          : i % 9 == 5 ? &kVerdicts[4]
                                       : nullptr;
    auto record =
        decision("seed" + std::to_string(1000 + i), kNames[i % std::size(kNames)], "v" + std::to_string(i));
    record.at = now_ - age;
    if (verdict != nullptr) judge(record, *verdict);
    put(record);
    pulls(record, 1 + i % 5);
  }

  static void judge(DecisionRecord& record, const Verdict& verdict) {
    record.decision.action = verdict.action;
    record.decision.summary = verdict.text;
    record.decision.reasons = {{verdict.action, verdict.severity, verdict.code, verdict.text, ""}};
  }

  /// The blobs that the decision is about, unless that was done for another one.
  void scan(const DecisionRecord& record) {
    for (const auto& blob : record.blobs) {
      ScanRecord scan{.key = {blob.digest, blob.media_type, record.profile}};
      if (value(records_.find_scan(scan.key))) continue;
      scan.result.outcome = findings::Outcome::complete;
      scan.result.counts = {120, 90, 40, blob.size, blob.size * 3};
      scan.size = blob.size;
      scan.started = record.at - 4s;
      scan.finished = record.at - 1s;
      const auto& reasons = record.decision.reasons;
      if (blob.place == "layer 3" && !reasons.empty() && reasons[0].code.starts_with("rule:")) {
        auto finding = samples::finding(reasons[0].code.substr(5));
        finding.source = findings::Source::yara;
        finding.severity = reasons[0].severity;
        finding.techniques = {"T1496"};
        finding.description = "Miner with its pool";
        finding.path = "usr/local/bin/kworkerds";
        finding.author = "";
        finding.strings = {
            {"$pool", 74'230, "stratum+tcp://pool.example:4444", "url\": \"", "\", \"user\": \"4"}};
        scan.result.findings = {finding};
      }
      done(records_.put_scan(scan));
      done(records_.inventory().put(
          {blob.digest,
           {{"usr/bin/" + blob.place.substr(0, 5), std::string(64, 'b'), 4096, "elf"},
            {"usr/local/bin/kworkerds", std::string(64, 'a'), 123456, "elf"}},
           false,
           record.at}));
    }
  }

  void put(const DecisionRecord& record) {
    scan(record);
    const auto action = record.decision.action;
    done(records_.put_decision(record, event_of(record, action == Action::block  ? "image-blocked"
                                                        : action == Action::warn ? "image-warned"
                                                                                 : "image-allowed")));
    done(records_.put_tag({.host = record.host,
                           .repository = record.repository,
                           .tag = record.reference.substr(0, 128),
                           .digest = record.manifest,
                           .media_type = record.manifest_media_type,
                           .size = 1000,
                           .seen = record.at}));
  }

  PullRecord pull_of(const DecisionRecord& record, unsigned client) {
    PullRecord pull{.manifest = record.manifest};
    pull.host = record.host;
    pull.repository = record.repository;
    pull.reference = record.reference;
    pull.action = record.decision.action;
    pull.client_address = "10.20." + std::to_string(client % 4) + "." + std::to_string(10 + client);
    pull.client_user = client % 3 == 0 ? "ci-" + std::to_string(client) : "";
    pull.client_agent = client % 2 == 0 ? "containerd/2.1.3" : "docker/28.5.1 go/go1.24 os/linux arch/amd64";
    pull.decision_id = record.id;
    pull.first = record.at + 1s;
    pull.last = record.at + 3s;
    pull.requests = 1 + client % 7;
    return pull;
  }

  void pulls(const DecisionRecord& record, unsigned count) {
    std::vector<PullRecord> all;
    for (unsigned i = 0; i < count; ++i) {
      all.push_back(pull_of(record, random_() % kClients));
      all.back().first += 10min * i;
      all.back().last += 10min * i;
      if (all.back().last > now_) break;
    }
    done(records_.put_pulls(all));
    if (record.decision.action == Action::allow) return;
    auto event = event_of(record, record.decision.action == Action::block ? "pull-blocked" : "pull-warned");
    event.client_address = all[0].client_address;
    event.client_user = all[0].client_user;
    event.client_agent = all[0].client_agent;
    done(records_.put_event(event));
  }

  Event event_of(const DecisionRecord& record, const std::string& action) {
    Event event;
    event.at = record.at;
    event.action = action;
    event.host = record.host;
    event.repository = record.repository;
    event.reference = record.reference;
    event.manifest = record.manifest.text();
    event.decision_id = record.id;
    event.message = record.decision.summary.empty() ? "clean" : record.decision.summary;
    for (const auto& reason : record.decision.reasons) {
      event.severity = std::max(event.severity, reason.severity);
      if (event.rules.size() == findings::kMaxEventRules) break;
      const auto colon = reason.code.find(':');
      event.rules.push_back({reason.code.substr(colon == std::string::npos ? 0 : colon + 1),
                             reason.severity,
                             {"T1496"},
                             "usr/local/bin/kworkerds",
                             std::string(64, 'a'),
                             record.blobs.back().digest.text()});
    }
    return event;
  }

  Event plain_event(const std::string& action, const std::string& message) {
    Event event;
    event.at = now_;
    event.action = action;
    event.message = message;
    return event;
  }

  void waiver(const std::string& id, std::chrono::hours left, const std::string& reason) {
    findings::Waiver waiver;
    waiver.id = id;
    waiver.rule = "miner_xmrig";
    waiver.repository = "docker.io/team/*";
    waiver.digest = samples::digest(id).text();
    waiver.reason = reason;
    waiver.author = "olga";
    waiver.created = now_ - 24h * 10;
    waiver.expires = now_ + left;
    done(records_.waivers().create(waiver, plain_event("waiver-added", "waiver " + id)));
  }

  Records& records_;
  const util::TimePoint now_;
  std::mt19937 random_{7};
};

int seed(const std::string& location, unsigned pulls) {
  const auto records = value(open(location));
  Seeder seeder(*records, util::SystemClock().now());
  const auto busy = seeder.busy_client(pulls);
  seeder.images();
  const auto hostile = seeder.hostile_image();
  const auto squat = seeder.squat();
  const auto retro = seeder.retro_alert();
  seeder.waivers();
  const auto operator_token = seeder.token("olga", Role::operator_);
  const auto viewer_token = seeder.token("vera", Role::viewer);
  std::printf(
      "{\"operator\": \"%s\", \"viewer\": \"%s\", \"hostile\": \"%s\", \"squat\": \"%s\", \"retro\": \"%s\", "
      "\"busy\": \"%s\", \"blocked\": \"seed1001\"}\n",
      operator_token.c_str(), viewer_token.c_str(), hostile.c_str(), squat.c_str(), retro.c_str(),
      busy.c_str());
  return 0;
}

}  // namespace
}  // namespace portcullis::records

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: portcullis_dashboard_seed LOCATION [PULLS]\n");
    return 64;
  }
  const auto pulls = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  return portcullis::records::seed(argv[1], static_cast<unsigned>(pulls));
}
