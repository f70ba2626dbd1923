// SPDX-License-Identifier: Apache-2.0
//
// Several Portcullis on one database.
//
// Not under ThreadSanitizer: it does not follow threads that a forked process starts, and here a process
// stands for a program of its own.
#ifndef __SANITIZE_THREAD__
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "contract.hpp"
#include "schema.hpp"

namespace portcullis::records {
namespace {

using namespace samples;

/// Runs `body(number)` in processes of their own; each opens the database for itself.
void in_processes(int count, const std::function<bool(int)>& body) {
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(body(i) ? 0 : 1);
    children.push_back(child);
  }
  for (const auto child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
}

template <class T>
bool good(const util::Result<T>& result) {
  if (!result) std::cerr << result.error().message << '\n';
  return result.has_value();
}

constexpr int kProcesses = 4;

TEST_P(Contract, FleetWritesAtTheSameTime) {
  constexpr int kRounds = 15;
  in_processes(kProcesses, [&](int process) {
    auto records = backend_->open(OpenMode::create);
    if (!good(records)) return false;
    for (int round = 0; round < kRounds; ++round) {
      auto p = pull();
      p.check_only = false;
      auto shared = tag(round % 2 == 0 ? "one" : "two");
      const auto id = std::to_string(process) + '-' + std::to_string(round);
      if (!good((*records)->put_decision(decision(id), event("pull-allowed"))) ||
          !good((*records)->put_pulls({p, p})) || !good((*records)->put_scan(scan("shared"))) ||
          !good((*records)->put_tag(shared))) {
        return false;
      }
    }
    return true;
  });
  constexpr auto kAll = std::size_t{kProcesses} * kRounds;
  EXPECT_EQ(value(records_->events({.limit = 10'000})).size(), kAll);
  EXPECT_EQ(pulls_of("docker.io", "library/nginx", 5).at(0).requests, 2 * kAll);
  EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM decisions"), static_cast<long long>(kAll));
  EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM images WHERE decision > 0"), 1);
  EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM names"), 2);
  EXPECT_EQ(backend_->number("SELECT SUM(requests) FROM pull_hours"), static_cast<long long>(2 * kAll));
  EXPECT_EQ(shown(records_->find_scan(scan("shared").key)), show(scan("shared")));
}

/// A number that is given earlier but becomes visible later would be passed by a cursor unseen.
TEST_P(Contract, EventsOfAFleetBecomeVisibleInTheirOrder) {
  constexpr int kEvents = 40;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      auto records = backend_->open(OpenMode::create);
      bool all = good(records);
      for (int n = 0; all && n < kEvents; ++n) all = good((*records)->put_event(event("x")));
      _exit(all ? 0 : 1);
    }
    children.push_back(child);
  }
  std::size_t seen = 0;
  EventQuery query{.limit = 1'000, .newest = false};
  bool running = true;
  while (true) {
    for (const auto& e : value(records_->events(query))) {
      query.after_sequence = e.sequence;
      ++seen;
    }
    if (!running) break;
    running = false;
    for (const auto child : children) running = running || waitpid(child, nullptr, WNOHANG) == 0;
  }
  EXPECT_EQ(seen, std::size_t{kProcesses} * kEvents);
}

TEST_P(Contract, FleetStartsOnANewDatabase) {
  auto fresh = GetParam().make();
  in_processes(kProcesses, [&](int process) {
    auto records = fresh->open(OpenMode::create);
    return good(records) && good((*records)->put_decision(decision(std::to_string(process)), event("x")));
  });
  EXPECT_EQ(fresh->number("SELECT COUNT(*) FROM decisions"), kProcesses);
  EXPECT_EQ(fresh->number("SELECT COUNT(*) FROM schema_version"), known_schema());
}

}  // namespace
}  // namespace portcullis::records
#endif
