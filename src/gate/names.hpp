// SPDX-License-Identifier: Apache-2.0
//
// What the name that is asked for says, before an upstream or a credential is involved.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "portcullis/gate/gate.hpp"

namespace portcullis::gate {

using Suspicions = std::vector<findings::NameVerdict>;

/// Is whether the repository was served before a second signal for it?
bool asks_for_repository(const findings::NameVerdict& verdict);

/// The reason of `decision` that is about `verdict`; null when it has none.
const findings::Reason* reason_for(const findings::NameVerdict& verdict, const findings::Decision& decision);
/// Those of `names` that `decision` has a reason for.
Suspicions spoken_of(const Suspicions& names, const findings::Decision& decision);

/// A name-squat event with everything but what it is about: `portcullis.squat.*` and the rule.
records::Event squat_event(const findings::NameVerdict& verdict);
/// The same with what a decision said of it: its reason, and what was done.
records::Event squat_event(const findings::NameVerdict& verdict, const findings::Decision& decision);

/// What names resemble. Remembers the names that it was asked for lately. Thread-safe.
class Names {
 public:
  explicit Names(const Parts& parts);

  void set(std::shared_ptr<const naming::NameIndex> index);

  /// Never null.
  std::shared_ptr<const Suspicions> judge(const std::string& host, const std::string& repository);
  /// Some image of the repository is let pass by its newest decision.
  util::Result<bool> served_before(const std::string& host, const std::string& repository) const;

 private:
  const Parts& parts_;
  std::mutex mutex_;
  std::shared_ptr<const naming::NameIndex> index_;
  std::unordered_map<std::string, std::shared_ptr<const Suspicions>> known_;  ///< by `index_`
};

}  // namespace portcullis::gate
