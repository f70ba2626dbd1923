// SPDX-License-Identifier: Apache-2.0
//
// Events for the tests of `notify`, and the records in memory.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "portcullis/notify/notifier.hpp"

namespace portcullis::notify::samples {

inline util::TimePoint at(int seconds) {
  return util::from_millis(1'795'000'000'000 + static_cast<std::int64_t>(seconds) * 1000);
}

inline findings::Event blocked(const std::string& repository = "library/nginx") {
  findings::Event event;
  event.at = at(0);
  event.action = "pull-blocked";
  event.severity = findings::Severity::critical;
  event.host = "docker.io";
  event.repository = repository;
  event.reference = "1.27";
  event.manifest = "sha256:" + std::string(64, 'a');
  event.decision_id = "7f3k2mnq";
  event.client_address = "10.1.2.3";
  event.client_user = "ci";
  event.client_agent = "docker/27.3.1";
  event.message = "rule miner_xmrig (critical) matched usr/bin/x in layer 3";
  event.rules = {{.rule = "miner_xmrig",
                  .severity = findings::Severity::critical,
                  .techniques = {"T1496"},
                  .path = "usr/bin/x",
                  .file_hash = std::string(64, 'b'),
                  .layer = "sha256:" + std::string(64, 'c')}};
  return event;
}

inline findings::Event event(const std::string& action,
                             findings::Severity severity = findings::Severity::info) {
  findings::Event made;
  made.at = at(0);
  made.action = action;
  made.severity = severity;
  return made;
}

/// Escape sequences, line ends, a right-to-left override, quotes, markup and mentions, 4 KiB of it.
inline std::string hostile() {
  std::string text;
  while (text.size() < 4096) {
    text += "\x1b[31m\r\n\"'\\`*_<!channel>&@all\xe2\x80\xae\xc3\x28{\"event.action\":\"x\"}";
    text += '\0';
  }
  text.resize(4096);
  return text;
}

/// What the worst event looks like: as hostile as it can be, everywhere.
inline findings::Event worst() {
  findings::Event event;
  event.sequence = 1;
  event.at = at(0);
  for (std::string* text :
       {&event.action, &event.host, &event.repository, &event.reference, &event.manifest, &event.decision_id,
        &event.client_address, &event.client_user, &event.client_agent, &event.message}) {
    *text = hostile();
  }
  for (int i = 0; i < 40; ++i) {
    findings::EventRule rule;
    rule.rule = rule.path = rule.file_hash = rule.layer = hostile();
    rule.techniques.assign(40, hostile());
    rule.techniques.push_back(std::to_string(i) + std::string(4096, '\\'));
    event.rules.push_back(rule);
    event.extra[std::to_string(i) + hostile()] = hostile();
  }
  event.extra["pullers"] = hostile();
  return event;
}

class MemoryLog final : public EventLog {
 public:
  util::Result<std::vector<findings::Event>> after(std::int64_t sequence, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    if (broken) return util::fail(util::ErrorKind::io, "the records are broken");
    std::vector<findings::Event> found;
    for (const auto& event : events_) {
      if (event.sequence > sequence && found.size() < limit) found.push_back(event);
    }
    return found;
  }
  util::Result<std::int64_t> newest() override {
    const std::lock_guard lock(mutex_);
    return events_.empty() ? 0 : events_.back().sequence;
  }
  util::Result<std::optional<std::int64_t>> cursor(const std::string& target) override {
    const std::lock_guard lock(mutex_);
    const auto found = cursors_.find(target);
    return found == cursors_.end() ? std::nullopt : std::optional(found->second);
  }
  util::Result<void> save(const std::string& target, std::int64_t sequence) override {
    const std::lock_guard lock(mutex_);
    if (broken) return util::fail(util::ErrorKind::io, "the records are broken");
    cursors_[target] = std::max(cursors_[target], sequence);
    return {};
  }
  util::Result<bool> hold(const std::string&) override { return !taken; }
  void let_go(const std::string&) override {}

  std::int64_t add(findings::Event event) {
    const std::lock_guard lock(mutex_);
    event.sequence = static_cast<std::int64_t>(events_.size()) + 1;
    events_.push_back(event);
    return event.sequence;
  }
  std::int64_t place(const std::string& target) { return cursor(target)->value_or(-1); }

  std::atomic<bool> broken{false};
  std::atomic<bool> taken{false};  ///< by another Portcullis

 private:
  std::mutex mutex_;
  std::vector<findings::Event> events_;
  std::map<std::string, std::int64_t> cursors_;
};

}  // namespace portcullis::notify::samples
