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
  /// `metrics` outlives the stack. load_names() is called for `config`. `others` are registries that are in
  /// no configuration, such as an OCI layout. Fails with one line for the operator; nothing runs then.
  static util::Result<std::unique_ptr<Stack>> open(
      config::Config& config, util::Metrics& metrics,
      std::vector<std::unique_ptr<upstream::Registry>> others = {});
  /// Stops what stop() has not stopped yet.
  ~Stack();

  gate::Gate& gate() { return *gate_; }
  scan::Service& scanner() { return *scanner_; }
  records::Records& records() { return *records_; }
  blobs::Store& store() { return *store_; }
  const util::Clock& clock() const { return clock_; }
  const std::vector<std::unique_ptr<upstream::Registry>>& registries() const { return registries_; }
  /// Ends work in progress: requests that wait for the gate are answered with a failure.
  void stop();

 private:
  Stack() = default;

  util::SystemClock clock_;
  std::unique_ptr<records::Records> records_;
  std::unique_ptr<blobs::Store> store_;
  std::unique_ptr<scan::Service> scanner_;
  std::vector<std::unique_ptr<upstream::Registry>> registries_;
  std::unique_ptr<gate::Gate> gate_;
};

/// What the configuration says about rules, with the built-in ones found beside this program.
util::Result<scan::RuleOptions> rule_options(const config::Config& config);
/// What names are compared with, from the files and lists of the configuration; says in its policy which ones
/// they are.
util::Result<std::shared_ptr<const naming::NameIndex>> load_names(config::Config& config);
/// The same of a policy file.
util::Result<std::shared_ptr<const naming::NameIndex>> load_names(config::PolicyFile& file);

/// The scan service alone, with the scanner and the built-in rules found beside this program.
util::Result<std::unique_ptr<scan::Service>> start_scanner(const config::Config& config,
                                                           util::Metrics& metrics);

}  // namespace portcullis::cli
