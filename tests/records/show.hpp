// SPDX-License-Identifier: Apache-2.0
//
// A record as text with every member, so that a test compares whole records and shows what differs.
#pragma once

#include <initializer_list>
#include <string>

#include "encoding.hpp"
#include "portcullis/records/records.hpp"

namespace portcullis::records {

inline std::string line(const std::string& kind, std::initializer_list<std::string> members) {
  return kind + ": " + encode_list(std::vector<std::string>(members)) + "\n";
}
inline std::string millis(util::TimePoint time) { return std::to_string(util::to_millis(time)); }
template <class Enum>
std::string name(Enum value) {
  return std::string(findings::to_string(value));
}

inline std::string show(const ScanRecord& r) {
  const auto& c = r.result.counts;
  std::string text = line(
      "scan", {r.key.digest.text(), r.key.media_type, r.key.profile, name(r.result.outcome), r.result.reason,
               std::to_string(r.result.findings_truncated), std::to_string(r.size), std::to_string(c.entries),
               std::to_string(c.files), std::to_string(c.files_skipped), std::to_string(c.bytes_in),
               std::to_string(c.bytes_unpacked), millis(r.started), millis(r.finished)});
  for (const auto& f : r.result.findings) {
    text += line("finding",
                 {name(f.source), f.rule, f.rule_namespace, name(f.severity), encode_list(f.techniques),
                  f.description, f.author, f.license, f.reference, f.path, f.file_hash});
    for (const auto& s : f.strings) {
      text += line("string", {s.identifier, std::to_string(s.offset), s.data, s.before, s.after});
    }
  }
  return text;
}

inline std::string show(const std::vector<findings::NameVerdict>& names) {
  std::string text;
  for (const auto& v : names) {
    text += line("suspicion", {v.component, v.operation, v.target, std::to_string(v.score), name(v.severity),
                               name(v.effect), v.text, v.subject, v.suggestion});
    for (const auto& letter : v.letters)
      text += line("letter", {name(letter.kind), letter.seen, letter.expected});
  }
  return text;
}

inline std::string show(const DecisionRecord& r) {
  const auto& d = r.decision;
  std::string text = line("decision", {r.id, r.host, r.repository, r.reference, r.manifest.text(),
                                       r.manifest_media_type, r.profile, r.policy, name(d.action),
                                       std::to_string(d.would_block), d.summary, millis(r.at)});
  for (const auto& reason : d.reasons) {
    text +=
        line("reason", {name(reason.action), name(reason.severity), reason.code, reason.text, reason.waiver});
  }
  for (const auto& b : r.blobs) {
    text += line("blob", {b.digest.text(), b.media_type, b.place, std::to_string(b.size)});
  }
  return text + show(r.names);
}

inline std::string show(const NameDecision& r) {
  const auto& d = r.decision;
  std::string text = line("name", {r.id, r.host, r.repository, r.reference, r.policy, name(d.action),
                                   std::to_string(d.would_block), d.summary, millis(r.at)});
  for (const auto& reason : d.reasons) {
    text +=
        line("reason", {name(reason.action), name(reason.severity), reason.code, reason.text, reason.waiver});
  }
  return text + show(r.names);
}

inline std::string show(const TagRecord& r) {
  return line("tag", {r.host, r.repository, r.tag, r.digest.text(), r.media_type, std::to_string(r.size),
                      millis(r.seen)});
}

inline std::string show(const PullRecord& r) {
  return line("pull",
              {r.host, r.repository, r.reference, r.manifest ? r.manifest->text() : "none", name(r.action),
               std::to_string(r.check_only), r.client_address, r.client_user, r.client_agent, r.decision_id,
               millis(r.first), millis(r.last), std::to_string(r.requests)});
}

/// Without the sequence, which the database gives.
inline std::string show(const Event& e) {
  std::string text =
      line("event", {millis(e.at), e.action, name(e.severity), e.host, e.repository, e.reference, e.manifest,
                     e.decision_id, e.client_address, e.client_user, e.client_agent, e.message});
  for (const auto& r : e.rules) {
    text += line("rule", {r.rule, name(r.severity), encode_list(r.techniques), r.path, r.file_hash, r.layer});
  }
  for (const auto& [key, value] : e.extra) text += line("extra", {key, value});
  return text;
}

inline std::string show(const findings::Waiver& w) {
  return line("waiver", {w.id, w.rule, w.repository, w.digest, w.file_hash, w.reason, w.author,
                         millis(w.created), millis(w.expires)});
}

}  // namespace portcullis::records
