// SPDX-License-Identifier: Apache-2.0
//
// portcullis serve. Everything that can fail fails before the registry port opens.
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <future>
#include <optional>

#include "client_url.hpp"
#include "commands.hpp"
#include "doctor_report.hpp"
#include "exit_code.hpp"
#include "first_token.hpp"
#include "housekeeping.hpp"
#include "notifications.hpp"
#include "portcullis/api/api.hpp"
#include "portcullis/config/config.hpp"
#include "portcullis/http/metrics.hpp"
#include "portcullis/http/server.hpp"
#include "portcullis/util/files.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/safe_text.hpp"
#include "reloader.hpp"
#include "rule_watch.hpp"
#include "signals.hpp"
#include "stack.hpp"
#include "vitals.hpp"

namespace portcullis::cli {
namespace {

namespace log = util::log;
using namespace std::chrono_literals;

constexpr auto kShutdownGrace = 9s;  // the promise is 10 s
constexpr auto kDrainPatience = 6s;  // for answers under way
constexpr auto kGatePatience = 4s;   // for images that are still being judged

struct ServeFlags {
  std::string config;
  config::Overrides overrides;
};

/// Clients hold connections open and blobs hold files open: take what the system grants.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

template <class Items, class Text>
std::string joined(const Items& items, Text text) {
  std::string all;
  for (const auto& item : items) all.append(all.empty() ? "" : ", ").append(text(item));
  return all;
}

std::string host_port(const std::string& host, std::uint16_t port) {
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string url(const http::ListenOptions& options, const http::Server& server) {
  return (options.tls ? "https://" : "http://") + host_port(options.host, server.port());
}

/// Nothing that stands here keeps Portcullis from serving: without any rules the scanner is not ready.
http::Readiness rules_line(const scan::Profile& profile, const std::string& reload_trouble) {
  constexpr std::size_t kNamed = 5;
  std::string detail = std::to_string(profile.rules) + " rules of " + std::to_string(profile.files) +
                       " files, profile " + profile.id;
  const auto& aside = profile.set_aside;
  if (!aside.empty()) detail += "; " + std::to_string(aside.size()) + " files set aside: ";
  for (std::size_t i = 0; i < std::min(aside.size(), kNamed); ++i) {
    detail += (i == 0 ? "" : ", ") + util::safe_text(aside[i].file) + " (" +
              util::safe_text(aside[i].message) + ")";
  }
  if (aside.size() > kNamed) detail += " and " + std::to_string(aside.size() - kNamed) + " more";
  if (!reload_trouble.empty()) detail += "; " + util::safe_text(reload_trouble, 1000);
  return {"rules", true, std::move(detail)};
}

/// An upstream that is down is no reason to send clients elsewhere: what is known is served.
http::Readiness upstream_line(const upstream::Registry& registry) {
  const auto health = registry.status();
  std::string detail = "not asked yet";
  if (health.last_success) detail = "last success " + util::to_rfc3339(*health.last_success);
  if (health.failures_in_a_row > 0 && health.last_failure) {
    detail = std::to_string(health.failures_in_a_row) + " failures in a row, the last at " +
             util::to_rfc3339(*health.last_failure) + ": " + util::safe_text(health.last_error) + "; " +
             (health.last_success ? detail : "no success yet");
  }
  if (health.rate_limit && health.rate_limit->remaining) {
    detail += "; " + std::to_string(*health.rate_limit->remaining) + " requests left of its rate limit";
  }
  return {"upstream " + registry.options().name, true, std::move(detail)};
}

std::vector<http::Readiness> readiness(const config::Config& config, Stack& stack,
                                       const std::optional<Reloader>& reloader) {
  const auto line = [](const char* name, const util::Result<void>& result) {
    return http::Readiness{name, result.has_value(), result ? "" : result.error().message};
  };
  const bool scanner = stack.scanner().ready();
  std::vector<http::Readiness> lines{
      line("records", stack.records().check()),
      line("data directory", util::make_writable_directory(config.data)),
      {"scanner", scanner, scanner ? "" : "the scanner is down or has no rules"},
      rules_line(stack.scanner().profile(), reloader ? reloader->trouble() : ""),
      // A worker that cannot be locked down does not run: whatever stands here, nothing is unprotected.
      {kWorkerProtection, true,
       joined(stack.scanner().profile().protections, [](const auto& p) { return p; })}};
  for (const auto& registry : stack.registries()) lines.push_back(upstream_line(*registry));
  return lines;
}

std::unique_ptr<api::Api> open_api(const config::Config& config, Stack& stack,
                                   std::optional<Reloader>& reloader) {
  api::Parts parts{.gate = &stack.gate(),
                   .records = &stack.records(),
                   .scanner = &stack.scanner(),
                   .store = &stack.store(),
                   .clock = &stack.clock(),
                   .policy = [&reloader] { return reloader->policy(); },
                   .names = [&reloader] { return reloader->names(); },
                   .reload = [&reloader] { return reloader->reload(); },
                   .change_rule = [&reloader](const auto& change) { return reloader->change_rule(change); },
                   .measure_rules = [&] { return measure_rules(config, reloader->rules_in_use()); }};
  for (const auto& registry : stack.registries()) parts.registries.push_back(registry.get());
  return api::make_api(
      parts, {.version = PORTCULLIS_VERSION, .registry_url = client_url(config), .waivers = config.waivers});
}

int serve(const ServeFlags& flags) {
  auto config = config::load(flags.config, flags.overrides);
  if (!config) return fail_configuration(config.error());
  log::configure(config->log_level, config->log_format);
  Signals signals;
  raise_descriptor_limit();

  const auto metrics = http::make_prometheus_metrics();
  const auto rules = rule_options(*config);
  if (!rules) return fail(kCannotStart, rules.error().message);
  std::string rules_look = look_at_rules(rules->rules);
  auto stack = Stack::open(*config, *metrics);
  if (!stack) return fail(kCannotStart, stack.error().message);
  auto notifications = start_notifications(*config, (*stack)->records(), (*stack)->clock(), *metrics);
  if (!notifications) return fail(kCannotStart, notifications.error().message);
  std::optional<Reloader> reloader;  // there before the first request is answered
  const auto ready = [&] { return readiness(*config, **stack, reloader); };
  const auto api = open_api(*config, **stack, reloader);
  auto admin = http::listen_admin(config->admin,
                                  {.exposed = metrics.get(),
                                   .readiness = ready,
                                   .api = api.get(),
                                   .tokens = &(*stack)->records().tokens(),
                                   .clock = &(*stack)->clock()},
                                  *metrics);
  if (!admin) return fail(kCannotStart, "admin.listen: " + admin.error().message);
  auto registry = http::listen_registry(config->registry, (*stack)->gate(), *metrics);
  if (!registry) return fail(kCannotStart, "registry.listen: " + registry.error().message);
  auto token = make_first_token((*stack)->records().tokens(), (*stack)->clock().now());
  if (!token) return fail(kCannotStart, token.error().message);
  reloader.emplace(Reloader::Source{flags.config, flags.overrides, std::move(rules_look)}, *config, *rules,
                   **stack, Reloader::Servers{**registry, **admin}, *metrics);
  const Vitals vitals({.data = config->data,
                       .version = PORTCULLIS_VERSION,
                       .scanner = (*stack)->scanner(),
                       .records = (*stack)->records(),
                       .clock = (*stack)->clock(),
                       .readiness = ready},
                      *metrics);
  (*admin)->start();
  (*registry)->start();

  if (!config->registry.access.htpasswd.empty() && !config->registry.listen.tls) {
    log::warn(
        "passwords come in without encryption; set registry.tls_cert and tls_key, or let only a proxy "
        "that speaks TLS connect");
  }
  const scan::Profile profile = (*stack)->scanner().profile();
  log_rules(profile);
  log::info("ready", {{"registry", url(config->registry.listen, **registry)},
                      {"admin", url(config->admin.listen, **admin)},
                      {"data", config->data.string()},
                      {"mode", config->policy.mode == policy::Mode::audit ? "audit" : "enforce"},
                      {"rules", profile.rules},
                      {"rule_files", profile.files},
                      {"rule_files_set_aside", profile.set_aside.size()},
                      {"rule_modules", joined(profile.modules, [](const auto& m) { return m; })},
                      {"upstreams", joined(config->upstreams, [](const auto& u) { return u.name; })},
                      {"worker_protection", joined(profile.protections, [](const auto& p) { return p; })}});

  const Housekeeping housekeeping((*stack)->records(), config->records.retention, (*stack)->clock());
  if (*token) show_login_link(url(config->admin.listen, **admin), **token);
  const RuleWatch watch(*reloader);
  int signal = signals.wait();
  for (; signal == SIGHUP; signal = signals.wait()) {
    notifications->notifier->reopen();
    reloader->start();
  }

  log::info("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
  signals.end_at_once_after(kShutdownGrace);
  auto drained = std::async(std::launch::async, [&] { (*registry)->drain(kDrainPatience); });
  drained.wait_for(kGatePatience);
  api->stop();       // its streams have no end of their own
  (*stack)->stop();  // answers the requests that wait for a verdict
  drained.get();
  (*admin)->drain(0s);
  notifications->notifier->stop();  // what was recorded until now and not sent is sent after the next start
  log::info("stopped");
  return kClean;
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ServeFlags>();
  config::Overrides& o = flags->overrides;
  CLI::App* command = app.add_subcommand("serve", "Run the proxy: scan what is pulled, serve it or block it");
  command->add_option("--config", flags->config, "Configuration file (TOML)")->type_name("FILE");
  command->add_option("--listen", o.listen, "Registry address, default 127.0.0.1:5000")
      ->type_name("HOST:PORT");
  command->add_option("--admin-listen", o.admin_listen, "Health and metrics address, default 127.0.0.1:5050")
      ->type_name("HOST:PORT");
  command->add_option("--data", o.data, "Where blobs and records are kept, default ./data")->type_name("DIR");
  command
      ->add_option(
          "--upstream", o.upstreams,
          "A registry to pull from; repeatable, the first is the default route. Replaces the list of "
          "the file and the shipped one")
      ->type_name("NAME=URL")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--rules", o.rules, "YARA file or directory beside the built-in rules; repeatable")
      ->type_name("PATH")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag("--no-builtin-rules", o.no_builtin_rules,
                    "Use only the rules named by --rules or the file");
  command->add_option("--mode", o.mode, "enforce (default) or audit: scan and record, block nothing")
      ->type_name("MODE");
  command->add_option("--log-level", o.log_level, "debug, info (default), warn, error, off")
      ->type_name("LEVEL");
  command->add_option("--log-format", o.log_format, "text (default) or json")->type_name("FORMAT");
  command->footer(
      "Examples:\n"
      "  portcullis serve\n"
      "  portcullis serve --config /etc/portcullis/portcullis.toml\n"
      "  portcullis serve --upstream docker.io=https://registry-1.docker.io --rules ./rules --mode audit\n"
      "Signals: SIGHUP reads configuration file and rules again; SIGTERM and SIGINT end within 10 s.");
  command->callback([flags, &action] { action = [flags] { return serve(*flags); }; });
}

}  // namespace portcullis::cli
