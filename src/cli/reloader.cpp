// SPDX-License-Identifier: Apache-2.0
#include "reloader.hpp"

#include <chrono>

#include "portcullis/gate/rule_settings.hpp"
#include "portcullis/util/log.hpp"
#include "rule_watch.hpp"

namespace portcullis::cli {
namespace {

namespace log = util::log;
using namespace std::chrono_literals;

constexpr std::string_view kReloaded = "ok";
constexpr std::string_view kRefused = "refused";

/// The sections of the file that a running server takes over. Of `registry` and `admin` it takes the TLS
/// files only.
bool taken_over(const std::string& section) {
  return section == "policy" || section == "log" || section == "clients" || section == "rules" ||
         section == "names";
}

records::Event rules_reloaded(const scan::Profile& from, const scan::Profile& to, util::TimePoint now) {
  records::Event event;
  event.at = now;
  event.action = "rules-reloaded";
  event.message = "rules changed from profile " + from.id + " (" + std::to_string(from.rules) +
                  " rules) to " + to.id + " (" + std::to_string(to.rules) + " rules)";
  if (!to.set_aside.empty()) {
    event.message += "; " + std::to_string(to.set_aside.size()) + " rule files are set aside";
  }
  event.extra = {{"profile.from", from.id},
                 {"profile.to", to.id},
                 {"rules", std::to_string(to.rules)},
                 {"rule_files_set_aside", std::to_string(to.set_aside.size())}};
  return event;
}

}  // namespace

void log_rules(const scan::Profile& profile) {
  for (const scan::SetAside& aside : profile.set_aside) {
    log::warn("rule file set aside", {{"file", aside.file}, {"reason", aside.message}});
  }
  for (const std::string& pattern : profile.idle_patterns) {
    log::warn("no rule fits what the configuration says under [rules]", {{"pattern", pattern}});
  }
}

Reloader::Reloader(Source source, config::Config running, scan::RuleOptions rules, Stack& stack,
                   Servers servers, util::Metrics& metrics)
    : source_(std::move(source)),
      running_(std::move(running)),
      stack_(stack),
      servers_(servers),
      metrics_(metrics),
      rules_(std::move(rules)),
      tried_settings_(stack.rule_settings()),
      policy_(running_.policy),
      names_(running_.names),
      watches_(running_.watch_rules),
      loaded_look_(source_.rules_look) {
  for (const auto result : {kReloaded, kRefused}) count(result, 0);
  // The addresses stay until a restart: who may pull is checked against where we do listen.
  const auto& listen = running_.registry.listen;
  const bool bracketed = listen.host.find(':') != std::string::npos;
  source_.overrides.listen =
      (bracketed ? "[" + listen.host + "]" : listen.host) + ":" + std::to_string(listen.port);
}

void Reloader::count(std::string_view result, double by) {
  metrics_.count("portcullis_reloads_total", {{"result", result}}, by);
}

template <class Work>
util::Result<void> Reloader::one_at_a_time(Work work) {
  const std::unique_lock busy(busy_, std::try_to_lock);
  if (!busy) return util::fail(util::ErrorKind::cancelled, "a reload is running already");
  auto done = work();
  count(done ? kReloaded : kRefused, 1);
  const std::lock_guard lock(mutex_);
  trouble_.clear();
  if (!done) {
    log::error("reload refused", {{"reason", done.error().message}});
    trouble_ =
        "the reload at " + util::to_rfc3339(stack_.clock().now()) + " was refused: " + done.error().message;
  }
  return done;
}

void Reloader::start() {
  if (started_.valid() && started_.wait_for(0s) != std::future_status::ready) {
    log::warn("reload asked for while one is running, ignored");
    return;
  }
  started_ = std::async(std::launch::async, [this] {
    const auto done = reload();
    if (!done && done.error().kind == util::ErrorKind::cancelled) {
      log::warn("reload asked for while one is running, ignored");
    }
  });
}

util::Result<void> Reloader::reload() {
  return one_at_a_time([this] { return take_file(); });
}

util::Result<void> Reloader::reload_rules() {
  return one_at_a_time([this]() -> util::Result<void> {
    if (auto taken = take_rules(rules()); !taken) return util::fail("the rules in use stay", taken.error());
    return {};
  });
}

util::Result<void> Reloader::change_rule(const records::RuleChange& change) {
  return one_at_a_time([&]() -> util::Result<void> {
    auto& records = stack_.records().rule_settings();
    const auto before = records.list();
    if (!before) return tl::unexpected(before.error());
    const auto after = gate::changed(*before, change);
    if (!after) return tl::unexpected(after.error());
    const auto configured = rules();
    if (auto taken = take_rules(configured, *after); !taken) {
      // Another kind than io: this is about the rules.
      const std::lock_guard lock(mutex_);
      tried_settings_ = *before;
      return util::fail(util::ErrorKind::invalid, "the rules in use stay: " + taken.error().message);
    }
    auto stored = records.change(change);
    if (stored) return {};
    if (auto back = take_rules(configured, *before); !back) {
      // keep_up() sees that they are not what is on record.
      log::error("rules are in use with a setting that could not be stored",
                 {{"rule", change.file + ':' + change.rule}, {"reason", back.error().message}});
      const std::lock_guard lock(mutex_);
      tried_settings_ = *after;
    }
    return util::fail("the setting could not be stored, the rules are the ones from before", stored.error());
  });
}

void Reloader::keep_up() {
  const auto settings = stack_.records().rule_settings().list();
  if (!settings) {
    log::error("settings of rules cannot be read", {{"reason", settings.error().message}});
    return;
  }
  if (*settings != tried_settings()) reload_rules();
}

util::Result<void> Reloader::take_file() {
  auto fresh = config::load(source_.file, source_.overrides);
  if (!fresh) return util::fail("the running configuration stays", fresh.error());
  const auto rules = rule_options(*fresh);
  if (!rules) return util::fail("the running configuration stays", rules.error());
  auto names = load_names(*fresh);
  if (!names) return util::fail("the running configuration stays: names", names.error());
  if (auto taken = take_servers(*fresh); !taken) return taken;
  if (auto taken = take_rules(*rules); !taken) {
    return util::fail("rules and policy stay; [clients] and the TLS files are the new ones", taken.error());
  }
  stack_.gate().set_names(*std::move(names));
  stack_.gate().set_policy(fresh->policy);
  log::configure(fresh->log_level, fresh->log_format);
  for (const std::string& section : changed(fresh->written)) {
    if (taken_over(section)) continue;
    log::warn("changed in the file, but taken over by a restart only", {{"section", section}});
  }
  const std::lock_guard lock(mutex_);
  policy_ = fresh->policy;
  names_ = fresh->names;
  watches_ = fresh->watch_rules;
  return {};
}

util::Result<void> Reloader::take_rules(const scan::RuleOptions& rules) {
  const auto settings = stack_.records().rule_settings().list();
  if (!settings) return util::fail("settings of rules", settings.error());
  return take_rules(rules, *settings);
}

util::Result<void> Reloader::take_rules(const scan::RuleOptions& rules, const Settings& settings) {
  {
    std::string look = look_at_rules(rules.rules);  // what is written from here on is another change
    const std::lock_guard lock(mutex_);
    loaded_look_ = std::move(look);
    tried_settings_ = settings;
  }
  const scan::Profile before = stack_.scanner().profile();
  const auto profile = stack_.scanner().reload(with_settings(rules, settings));
  if (!profile) return tl::unexpected(profile.error());
  {
    const std::lock_guard lock(mutex_);
    rules_ = rules;
  }
  log_rules(*profile);
  log::info("reloaded", {{"rules", profile->rules},
                         {"rule_files_set_aside", profile->set_aside.size()},
                         {"profile", profile->id},
                         {"profile_before", before.id}});
  if (profile->id == before.id) return {};
  const auto now = stack_.clock().now();
  if (auto told = stack_.records().put_event(rules_reloaded(before, *profile, now)); !told) {
    log::error("the event of a reload could not be recorded", {{"reason", told.error().message}});
  }
  return {};
}

util::Result<void> Reloader::take_servers(const config::Config& fresh) {
  std::string trouble;
  const auto reload = [&](http::Server& server, const char* name, const http::ReloadOptions& options) {
    if (const auto done = server.reload(options); !done) {
      trouble.append(trouble.empty() ? "" : "; ").append(name).append(": ").append(done.error().message);
    }
  };
  reload(servers_.registry, "registry", {fresh.registry.listen.tls, fresh.registry.access});
  reload(servers_.admin, "admin", {fresh.admin.listen.tls, {}});
  if (trouble.empty()) return {};
  return util::fail(util::ErrorKind::invalid, "rules, policy and what these listeners had stay: " + trouble);
}

std::vector<std::string> Reloader::changed(const std::map<std::string, std::string>& fresh) const {
  std::vector<std::string> names;
  for (const auto& [name, text] : fresh) {
    const auto before = running_.written.find(name);
    if (before == running_.written.end() || before->second != text) names.push_back(name);
  }
  for (const auto& [name, text] : running_.written) {
    if (!fresh.contains(name)) names.push_back(name);
  }
  return names;
}

Reloader::Settings Reloader::tried_settings() const {
  const std::lock_guard lock(mutex_);
  return tried_settings_;
}

scan::RuleOptions Reloader::rules_in_use() const {
  const std::lock_guard lock(mutex_);
  return with_settings(rules_, tried_settings_);
}

scan::RuleOptions Reloader::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

policy::Policy Reloader::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

naming::Options Reloader::names() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

bool Reloader::watches() const {
  const std::lock_guard lock(mutex_);
  return watches_;
}

std::string Reloader::loaded_look() const {
  const std::lock_guard lock(mutex_);
  return loaded_look_;
}

std::string Reloader::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace portcullis::cli
