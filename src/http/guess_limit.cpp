// SPDX-License-Identifier: Apache-2.0
#include "guess_limit.hpp"

namespace portcullis::http {

bool GuessLimit::is_guessing(const std::string& site, Clock::time_point now) {
  const auto found = failures_.find(site);
  if (found == failures_.end()) return false;
  if (now - found->second.since < limits_.age) return found->second.count >= limits_.failures;
  failure_order_.erase(found->second.order);
  failures_.erase(found);
  return false;
}

void GuessLimit::note_failure(const std::string& site, Clock::time_point now) {
  const auto [found, fresh] = failures_.try_emplace(site);
  if (fresh) {
    found->second.since = now;
    found->second.order = failure_order_.insert(failure_order_.end(), site);
    if (failures_.size() > limits_.addresses) {
      failures_.erase(failure_order_.front());
      failure_order_.pop_front();
    }
  }
  ++found->second.count;
}

}  // namespace portcullis::http
