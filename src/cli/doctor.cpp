// SPDX-License-Identifier: Apache-2.0
//
// portcullis doctor: is a block really a block from here? Asks Portcullis only, never an origin.
#include <cstdio>

#include "commands.hpp"
#include "exit_code.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/http/probe.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {
namespace {

using http::ProbeAnswer;
using http::ProbeMethod;

constexpr int kMostHops = 10;
constexpr std::chrono::seconds kTimeout{40};  // longer than one hold of a pull in progress
constexpr std::string_view kBlockedText = "BLOCKED by Portcullis";

struct DoctorFlags {
  std::string url = "http://127.0.0.1:5000";
  std::string admin_url = "http://127.0.0.1:5050";
};

struct Check {
  std::string name;
  bool ok = false;
  std::string detail;
  std::string advice;  ///< what to do when it failed
};

std::string status_line(const ProbeAnswer& answer) {
  return std::to_string(answer.status) + " " + util::safe_text(answer.reason);
}

Check expect_ok(const std::string& base, const std::string& target, std::string advice) {
  Check check{target + " of " + base, false, "", std::move(advice)};
  const auto answer = http::probe(base, ProbeMethod::get, target, kTimeout);
  if (!answer) {
    check.detail = answer.error().message;
  } else {
    check.ok = answer->status == 200;
    check.detail = status_line(*answer);
    if (!check.ok && !answer->body.empty()) check.detail += ": " + util::safe_text(answer->body, 400);
  }
  return check;
}

/// As a client does: a pull that is still being judged is a redirect to itself.
util::Result<ProbeAnswer> ask_patiently(const std::string& base, ProbeMethod method, std::string target) {
  for (int hop = 0;; ++hop) {
    auto answer = http::probe(base, method, target, kTimeout);
    if (!answer || answer->status != 307 || hop == kMostHops) return answer;
    if (answer->location.starts_with(base + "/")) answer->location.erase(0, base.size());
    if (!answer->location.starts_with("/") || answer->location.starts_with("//")) {
      return util::fail(util::ErrorKind::invalid, "redirected elsewhere, to " + answer->location);
    }
    target = answer->location;
  }
}

Check expect_block(const std::string& base, ProbeMethod method) {
  const std::string target = "/v2/" + std::string(gate::kCanaryRepository) + "/manifests/latest";
  Check check{
      (method == ProbeMethod::head ? "HEAD " : "GET ") + std::string("of the canary image is blocked"), false,
      "",
      "look at the log of `portcullis serve`: the built-in rules must be loaded, the mode must be "
      "enforce, and the URL must be that of Portcullis"};
  const auto answer = ask_patiently(base, method, target);
  if (!answer) {
    check.detail = answer.error().message;
    return check;
  }
  const bool said_so = answer->reason.find(kBlockedText) != std::string::npos ||
                       answer->body.find(kBlockedText) != std::string::npos;
  check.ok = answer->status >= 300 && said_so;
  check.detail = status_line(*answer);
  return check;
}

int doctor(const DoctorFlags& flags) {
  const Check checks[] = {
      expect_ok(flags.admin_url, "/healthz",
                "is `portcullis serve` running, and is --admin-url its admin address?"),
      expect_ok(flags.admin_url, "/readyz", "the answer names the part that is not ready"),
      expect_ok(flags.url, "/v2/", "is --url the registry address of `portcullis serve`?"),
      expect_block(flags.url, ProbeMethod::head),
      expect_block(flags.url, ProbeMethod::get),
  };
  bool all_ok = true;
  for (const Check& check : checks) {
    std::printf("%-4s  %s (%s)\n", check.ok ? "ok" : "FAIL", check.name.c_str(),
                util::safe_text(check.detail, 600).c_str());
    if (!check.ok) std::printf("      -> %s\n", check.advice.c_str());
    all_ok = all_ok && check.ok;
  }
  std::puts(all_ok ? "A block is a block from here." : "Not everything is well.");
  return all_ok ? kClean : kBlocked;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App* command = app.add_subcommand("doctor", "Check that a running Portcullis really blocks");
  command->add_option("--url", flags->url, "Its registry address, default http://127.0.0.1:5000")
      ->type_name("URL");
  command->add_option("--admin-url", flags->admin_url, "Its admin address, default http://127.0.0.1:5050")
      ->type_name("URL");
  command->footer(
      "Asks for a built-in harmless image that must be blocked, and never contacts another registry.\n"
      "Exit codes: 0 all is well, 1 a check failed.\n"
      "Examples:\n"
      "  portcullis doctor\n"
      "  portcullis doctor --url http://10.0.0.5:5000 --admin-url http://10.0.0.5:5050");
  command->callback([flags, &action] { action = [flags] { return doctor(*flags); }; });
}

}  // namespace portcullis::cli
