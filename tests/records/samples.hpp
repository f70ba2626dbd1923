// SPDX-License-Identifier: Apache-2.0
//
// Records with every member set to something that a careless column would lose.
#pragma once

#include <cstdint>
#include <string>

#include "portcullis/records/records.hpp"

namespace portcullis::records::samples {

/// NUL, bytes that are no UTF-8, and everything that SQL, LIKE and our own encoding treat specially.
inline std::string hostile() { return std::string("'\";-- %00,\\\n\0\xff\xfe\xc3( end", 21); }

inline util::TimePoint at(std::int64_t millis) { return util::from_millis(1'795'000'000'000 + millis); }

inline oci::Digest digest(const std::string& content) { return oci::Digest::of(content); }

inline findings::Finding finding(const std::string& rule) {
  findings::Finding f;
  f.source = findings::Source::layer_check;
  f.rule = rule;
  f.rule_namespace = "miner.yar";
  f.severity = findings::Severity::critical;
  f.techniques = {"T1496", hostile(), ""};
  f.description = "a description " + hostile();
  f.author = "author" + hostile();
  f.license = "Apache-2.0";
  f.reference = "https://example.com/?a=b,c%20d";
  f.path = "usr/" + hostile() + "/x";
  f.file_hash = std::string(64, 'a');
  f.strings = {{"$a", 0, hostile(), hostile() + "b", hostile() + "a"},
               {"$b", UINT64_MAX, ""},
               {"$c", (1ull << 63) + 5, "plain"}};
  return f;
}

inline ScanRecord scan(const std::string& content) {
  ScanRecord r{.key = {digest(content), "application/vnd.oci.image.layer.v1.tar+gzip", "profile-1"}};
  r.result.outcome = findings::Outcome::unscannable;
  r.result.reason = "ambiguous layer: " + hostile();
  r.result.findings = {finding("miner_xmrig"), finding("second" + hostile()), {}};
  r.result.findings_truncated = true;
  r.result.counts = {1, 2, 3, UINT64_MAX, 1ull << 40};
  r.size = (1ull << 35) + 7;
  r.started = at(1);
  r.finished = at(2);
  return r;
}

inline findings::NameVerdict squat(const std::string& component, const std::string& subject,
                                   const std::string& target) {
  using Kind = findings::LetterEdit::Kind;
  findings::NameVerdict v;
  v.component = component;
  v.operation = "adjacent-swap";
  v.target = target;
  v.score = 0.947;
  v.severity = findings::Severity::high;
  v.text = component + " " + subject + " looks like " + target + hostile();
  v.subject = subject;
  v.suggestion = "did you mean, " + hostile();
  v.effect = findings::NameVerdict::Effect::block;
  v.letters = {{Kind::same, "n", "n"},
               {Kind::swapped, "gn", "ng"},
               {Kind::added, hostile(), ""},
               {Kind::missing, "", "x"},
               {Kind::changed, "a", "b"}};
  return v;
}

inline DecisionRecord decision(const std::string& id, const std::string& manifest = "manifest") {
  DecisionRecord r{.manifest = digest(manifest)};
  r.id = id;
  r.host = "ghcr.io";
  r.repository = "owner/image";
  r.reference = "latest";
  r.manifest_media_type = "application/vnd.oci.image.manifest.v1+json";
  r.profile = "profile-1";
  r.policy = "0123abcd";
  r.decision.action = findings::Action::warn;
  r.decision.would_block = true;
  r.decision.summary = "rule miner_xmrig matched usr/bin/x in layer 1";
  r.decision.reasons = {
      {findings::Action::block, findings::Severity::critical, "rule:miner_xmrig", "text" + hostile(), "w1"},
      {findings::Action::allow, findings::Severity::info, "cooldown", "", ""}};
  r.blobs = {{digest("config"), "application/vnd.oci.image.config.v1+json", "config", 1234},
             {digest("layer"), "application/x" + hostile(), "layer 1", (1ull << 40) + 1}};
  r.at = at(10);
  r.names = {squat("repository", "ngnix", "nginx")};
  return r;
}

/// A name that was blocked by itself.
inline NameDecision name_decision(const std::string& id) {
  NameDecision r;
  r.id = id;
  r.host = "ghrc.io";
  r.repository = "team/app" + hostile();
  r.reference = "1";
  r.policy = "0123abcd";
  r.decision.action = findings::Action::block;
  r.decision.summary = "registry ghrc.io looks like ghcr.io";
  r.decision.reasons = {{findings::Action::block, findings::Severity::high, "name:registry",
                         "registry ghrc.io looks like ghcr.io" + hostile(), ""}};
  r.names = {squat("registry", "ghrc.io", "ghcr.io"), squat("name", hostile(), "")};
  r.at = at(20);
  return r;
}

inline TagRecord tag(const std::string& manifest) {
  return {.host = "docker.io",
          .repository = "library/nginx",
          .tag = "1.27",
          .digest = digest(manifest),
          .media_type = "application/vnd.oci.image.index.v1+json",
          .size = 1ull << 33,
          .seen = at(100)};
}

inline PullRecord pull() {
  return {.host = "docker.io",
          .repository = "library/nginx",
          .reference = "latest",
          .manifest = digest("manifest"),
          .action = findings::Action::allow,
          .check_only = true,
          .client_address = "10.0.0.1",
          .client_user = "ci",
          .client_agent = "docker/20.10 " + hostile(),
          .decision_id = "d1",
          .first = at(0),
          .last = at(5),
          .requests = 1};
}

inline Event event(const std::string& action) {
  return {.sequence = 0,
          .at = at(7),
          .action = action,
          .severity = findings::Severity::critical,
          .host = "docker.io",
          .repository = "library/nginx",
          .reference = "latest",
          .manifest = digest("manifest").text(),
          .decision_id = "d1",
          .client_address = "10.0.0.1",
          .client_user = "ci",
          .client_agent = hostile(),
          .message = "blocked " + hostile(),
          .rules = {{"miner_xmrig",
                     findings::Severity::critical,
                     {"T1496", hostile()},
                     "usr/" + hostile(),
                     std::string(64, 'a'),
                     digest("layer").text()},
                    {"second" + hostile(), findings::Severity::low, {}, "", "", ""}},
          .extra = {{"policy", "0123abcd"}, {hostile(), hostile()}, {"empty", ""}}};
}

}  // namespace portcullis::records::samples
