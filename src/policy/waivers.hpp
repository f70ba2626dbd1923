// SPDX-License-Identifier: Apache-2.0
//
// Which exception applies to which reason. Narrow on purpose: what `waive` refuses to create does
// nothing here either, so a rule that is raised to critical outgrows its broad waivers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portcullis/findings/decision.hpp"
#include "portcullis/policy/explanation.hpp"

namespace portcullis::policy {

/// What a waiver is held against.
struct Subject {
  enum class Kind {
    finding,   ///< the waiver's rule is a glob over `id`; empty matches
    name,      ///< it begins with `name:`; naming the repository is enough, that is what was judged
    cooldown,  ///< the waiver must say exactly `id`
    outcome,   ///< the same, and name the manifest digest
  };
  Kind kind = Kind::finding;
  std::string_view id;  ///< rule, `name:<component>`, `cooldown`, `outcome:<name>`
  std::string_view file_hash;
  findings::Severity severity = findings::Severity::critical;
};

/// The waivers of one decision, and what becomes of each. Borrows from the inputs.
class Waivers {
 public:
  Waivers(const Inputs& inputs, util::TimePoint now);

  /// Id of the one that applies (of several, the first by id); empty when none does.
  std::string find(const Subject& subject);

  /// Of all that were given, by id.
  std::vector<WaiverUse> uses() const;

 private:
  struct Held {
    const findings::Waiver* waiver;
    WaiverFate fate;
  };
  std::vector<Held> all_;  ///< by id
};

}  // namespace portcullis::policy
