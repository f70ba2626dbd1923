// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/config/config.hpp"
#include "portcullis/http/server.hpp"
#include "portcullis/records/rule_settings.hpp"
#include "portcullis/util/metrics.hpp"
#include "stack.hpp"

namespace portcullis::cli {

/// Takes over a changed configuration file, and changed rules, in a running server. Each reload is taken
/// whole or named as refused, in the log, in `portcullis_reloads_total` and on /readyz; rules that were
/// refused never replace those that work. Thread-safe.
class Reloader {
 public:
  struct Source {
    std::string file;  ///< as given to `serve`; may be empty
    config::Overrides overrides;
    std::string rules_look;  ///< look_at_rules() from before the rules were loaded
  };
  struct Servers {
    http::Server& registry;
    http::Server& admin;
  };

  Reloader(Source source, config::Config running, scan::RuleOptions rules, Stack& stack, Servers servers,
           util::Metrics& metrics);

  /// The file again with the same flags on top, and the rules. One at a time: ErrorKind::cancelled when
  /// another reload is running. The error says what stayed; it is logged and counted already.
  util::Result<void> reload();
  /// reload() on a thread of its own: compiling rules takes a while, in which other signals must be heard.
  void start();
  /// The rules again, under the configuration in use and the settings on record.
  util::Result<void> reload_rules();
  /// Loads the rules with one setting changed, and then stores the change with its event. On failure the
  /// rules in use and the records stay as they were: ErrorKind::io when it could not be stored, cancelled
  /// when another reload is running.
  util::Result<void> change_rule(const records::RuleChange& change);
  /// Loads the rules again when somebody else changed settings on record: the command line, or another
  /// Portcullis on the same records. Rules that were refused with them are not tried again until they change.
  void keep_up();

  /// In use, with the settings on top.
  scan::RuleOptions rules_in_use() const;
  /// In use.
  scan::RuleOptions rules() const;
  policy::Policy policy() const;
  naming::Options names() const;
  /// Whether changes of rule files are to be taken over by themselves.
  bool watches() const;
  /// look_at_rules() from when the rules were last loaded, or tried to.
  std::string loaded_look() const;
  /// When and why the last reload was refused; empty after one that was not.
  std::string trouble() const;

 private:
  template <class Work>
  util::Result<void> one_at_a_time(Work work);
  void count(std::string_view result, double by);
  util::Result<void> take_file();
  using Settings = std::vector<records::RuleSetting>;
  util::Result<void> take_rules(const scan::RuleOptions& rules);
  util::Result<void> take_rules(const scan::RuleOptions& rules, const Settings& settings);
  Settings tried_settings() const;
  util::Result<void> take_servers(const config::Config& fresh);
  std::vector<std::string> changed(const std::map<std::string, std::string>& fresh) const;

  Source source_;
  const config::Config running_;  ///< as started: what a restart would change
  Stack& stack_;
  const Servers servers_;
  util::Metrics& metrics_;
  std::mutex busy_;  ///< held while a reload runs
  mutable std::mutex mutex_;
  scan::RuleOptions rules_;  ///< without settings
  Settings tried_settings_;  ///< when the rules were last loaded, or tried to
  policy::Policy policy_;
  naming::Options names_;
  bool watches_;
  std::string loaded_look_;
  std::string trouble_;
  std::future<void> started_;  ///< last: it uses the rest
};

void log_rules(const scan::Profile& profile);

}  // namespace portcullis::cli
