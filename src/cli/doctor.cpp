// SPDX-License-Identifier: Apache-2.0
//
// portcullis doctor: is a block really a block from here? Asks Portcullis only; never pulls from an origin.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "doctor_clients.hpp"
#include "doctor_host.hpp"
#include "portcullis/config/config.hpp"
#include "portcullis/http/probe.hpp"
#include "pull_client.hpp"

namespace portcullis::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kServer = "The server";
constexpr auto kAdminTimeout = 10s;
constexpr std::chrono::days kCertificateSoon{14};

struct DoctorFlags {
  std::string url = "http://127.0.0.1:5000";
  std::string admin_url = "http://127.0.0.1:5050";
  std::string ca_file;
  std::string config;
  std::string etc = "/etc";
  std::string format = "text";
  bool egress = false;
};

/// The answer too, when there is one.
std::optional<http::ProbeAnswer> expect_ok(const DoctorFlags& flags, const std::string& base,
                                           const std::string& target, std::string advice, Diagnosis& out) {
  Check check{kServer, target + " of " + base, Finding::unknown, "", std::move(advice)};
  auto answer = http::probe({.base = base,
                             .method = http::ProbeMethod::get,
                             .target = target,
                             .headers = {{"User-Agent", "portcullis-doctor"}},
                             .timeout = kAdminTimeout,
                             .ca_file = flags.ca_file});
  if (!answer) {
    check.detail = answer.error().message;
  } else {
    check.finding = answer->status == 200 ? Finding::ok : Finding::bad;
    check.detail = status_line(*answer);
    if (check.finding == Finding::bad && !answer->body.empty()) check.detail += ": " + answer->body;
  }
  out.checks.push_back(std::move(check));
  return answer ? std::optional(*std::move(answer)) : std::nullopt;
}

/// Empty when there is no such text.
std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// What the workers are locked into, by /readyz.
void check_workers(const http::ProbeAnswer& ready, Diagnosis& out) {
  const auto lines = nlohmann::json::parse(ready.body, nullptr, /*allow_exceptions=*/false);
  if (!lines.is_array()) return;
  for (const auto& line : lines) {
    if (!line.is_object() || text_of(line, "name") != kWorkerProtection) continue;
    const auto detail = text_of(line, "detail");
    const bool whole =
        detail.find("seccomp: any") != std::string::npos && detail.find("Landlock (ABI") != std::string::npos;
    out.checks.push_back({kServer, "scanner workers are locked down", whole ? Finding::ok : Finding::note,
                          detail, "a kernel with Landlock (5.13 and newer) adds the second wall"});
  }
}

void check_certificate(const DoctorFlags& flags, Diagnosis& out) {
  if (!flags.url.starts_with("https://")) return;
  Check check{kServer, "the certificate of " + flags.url, Finding::unknown, "", "renew it; SIGHUP loads it"};
  const auto end = http::probe_certificate(flags.url, kAdminTimeout);
  if (!end) {
    check.detail = end.error().message;
  } else {
    const auto left = *end - util::SystemClock().now();
    const bool soon = left < kCertificateSoon;
    check.finding = left.count() <= 0 ? Finding::bad : soon ? Finding::note : Finding::ok;
    check.detail = std::string(left.count() <= 0 ? "ran out " : "runs out ") + util::to_rfc3339(*end);
  }
  out.checks.push_back(std::move(check));
}

int doctor(const DoctorFlags& flags) {
  const auto endpoint = api::Endpoint::parse(flags.url);
  if (!endpoint) return fail(kUsage, "--url: " + endpoint.error().message);
  if (auto admin = api::Endpoint::parse(flags.admin_url); !admin) {
    return fail(kUsage, "--admin-url: " + admin.error().message);
  }
  const auto config = config::load(flags.config, {});
  if (!config) return fail_configuration(config.error());

  Diagnosis out;
  expect_ok(flags, flags.admin_url, "/healthz",
            "is `portcullis serve` running, and is --admin-url its admin address?", out);
  const auto ready =
      expect_ok(flags, flags.admin_url, "/readyz", "the answer names the part that is not ready", out);
  if (ready) check_workers(*ready, out);
  expect_ok(flags, endpoint->url(), "/v2/", "is --url the registry address of `portcullis serve`?", out);
  check_certificate(flags, out);
  pull_canary({.url = endpoint->url(), .ca_file = flags.ca_file}, out);
  check_clients_here(flags.etc, *endpoint, out);
  if (flags.egress) check_egress(config->upstreams, out);

  return print(flags.format == "json" ? render_json(out) : render_text(out), out.exit_code());
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App* command = app.add_subcommand("doctor", "Check that a running Portcullis really blocks");
  command->add_option("--url", flags->url, "Its registry address, default http://127.0.0.1:5000")
      ->type_name("URL");
  command->add_option("--admin-url", flags->admin_url, "Its admin address, default http://127.0.0.1:5050")
      ->type_name("URL");
  command->add_option("--ca", flags->ca_file, "Certificates (PEM) to trust for an https URL")
      ->type_name("FILE");
  command->add_flag("--egress", flags->egress,
                    "Also try whether this machine can connect to the registries themselves (TCP only)");
  command
      ->add_option("--config", flags->config,
                   "Configuration file of the server: which registries --egress tries")
      ->type_name("FILE");
  command->add_option("--etc", flags->etc, "Where the files of container clients are, default /etc")
      ->type_name("DIR");
  command->add_option("--format", flags->format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  command->footer(
      "Pulls a built-in harmless image that must be blocked, the way each kind of client does, and looks at\n"
      "how the clients of this machine are set up. Never pulls from another registry.\n"
      "Exit codes: 0 all holds, 1 something does not, 2 something could not be told, 64 and above: wrong "
      "usage.\n"
      "Examples:\n"
      "  portcullis doctor\n"
      "  portcullis doctor --url https://registry.example.com --admin-url http://10.0.0.5:5050 --egress");
  command->callback([flags, &action] { action = [flags] { return doctor(*flags); }; });
}

}  // namespace portcullis::cli
