// SPDX-License-Identifier: Apache-2.0
//
// The parts of one gate, opened in the order they need each other. `serve` and `scan` use the same
// ones, so that both judge alike.
#pragma once

#include <memory>
#include <vector>

#include "portcullis/blobs/store.hpp"
#include "portcullis/config/config.hpp"
#include "portcullis/config/policy_files.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/naming/name_index.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/records/rule_settings.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/clock.hpp"
#include "portcullis/util/metrics.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::cli {

/// Where this program and what belongs to it was installed.
util::Result<config::Installation> installation();

class Stack {
 public:
  /// `metrics` outlives the stack. load_names() is called for `config`. `waivers` hold beside those on
  /// record. Fails with one line for the operator; nothing runs then.
  static util::Result<std::unique_ptr<Stack>> open(config::Config& config, util::Metrics& metrics,
                                                   std::vector<findings::Waiver> waivers = {});
  /// Stops what stop() has not stopped yet.
  ~Stack();

  gate::Gate& gate() { return *gate_; }
  /// Another gate with the same terms, before a registry that is in no configuration, such as an OCI layout.
  /// It and the stack outlive the gate.
  std::unique_ptr<gate::Gate> gate_before(upstream::Registry& registry);
  scan::Service& scanner() { return *scanner_; }
  records::Records& records() { return *records_; }
  const naming::NameIndex& names() const { return *parts_.names; }
  blobs::Store& store() { return *store_; }
  const util::Clock& clock() const { return clock_; }
  const std::vector<std::unique_ptr<upstream::Registry>>& registries() const { return registries_; }
  /// That the scanner was started with.
  const std::vector<records::RuleSetting>& rule_settings() const { return rule_settings_; }
  /// Ends work in progress: requests that wait for the gate are answered with a failure.
  void stop();
  /// The part of it that waits for nobody; callers of the gate get their failure.
  void cancel();

 private:
  Stack() = default;

  util::SystemClock clock_;
  std::unique_ptr<records::Records> records_;
  std::vector<records::RuleSetting> rule_settings_;
  std::unique_ptr<blobs::Store> store_;
  std::unique_ptr<scan::Service> scanner_;
  std::vector<std::unique_ptr<upstream::Registry>> registries_;
  gate::Parts parts_;
  gate::Options gate_options_;
  policy::Policy policy_;
  std::unique_ptr<gate::Gate> gate_;
};

/// What the configuration says about rules, with the built-in ones found beside this program.
util::Result<scan::RuleOptions> rule_options(const config::Config& config);
/// With what operators changed about single rules on top.
scan::RuleOptions with_settings(scan::RuleOptions options, const std::vector<records::RuleSetting>& settings);
/// What names are compared with, from the files and lists of the configuration; says in its policy which ones
/// they are.
util::Result<std::shared_ptr<const naming::NameIndex>> load_names(config::Config& config);
/// The same of a policy file.
util::Result<std::shared_ptr<const naming::NameIndex>> load_names(config::PolicyFile& file);

/// The scan service alone, with the scanner and the built-in rules found beside this program.
util::Result<std::unique_ptr<scan::Service>> start_scanner(
    const config::Config& config, util::Metrics& metrics,
    const std::vector<records::RuleSetting>& settings = {});

/// What each file of `rules` costs, by this program and its libraries. In a scanner of its own with one
/// worker: that of a server does not keep the texts of its rules.
util::Result<std::vector<scan::RuleCost>> measure_rules(config::Config config,
                                                        const scan::RuleOptions& rules);

}  // namespace portcullis::cli
