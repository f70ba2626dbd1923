// SPDX-License-Identifier: Apache-2.0
#include "doctor_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {
namespace {

constexpr std::size_t kLongest = 600;

std::string safe(const std::string& text) { return util::safe_text(text, kLongest); }

const char* name_of(Finding finding) {
  switch (finding) {
    case Finding::ok:
      return "ok";
    case Finding::note:
      return "note";
    case Finding::unknown:
      return "unknown";
    case Finding::bad:
      break;
  }
  return "fail";
}

const char* mark_of(Finding finding) {
  switch (finding) {
    case Finding::ok:
      return "ok  ";
    case Finding::note:
      return "note";
    case Finding::unknown:
      return "??  ";
    case Finding::bad:
      break;
  }
  return "FAIL";
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

const char* conclusion(ExitCode code) {
  switch (code) {
    case kClean:
      return "A block is a block from here.";
    case kBlocked:
      return "Not everything is well.";
    default:
      return "Not everything could be told.";
  }
}

std::string table(const std::vector<Protection>& protections) {
  std::size_t client = 6;
  std::size_t refusal = 15;
  for (const Protection& line : protections) {
    client = std::max(client, line.client.size());
    refusal = std::max(refusal, line.after_refusal.size());
  }
  std::string text =
      padded("client", client) + "  " + padded("after a refusal", refusal) + "  while Portcullis is down\n";
  for (const Protection& line : protections) {
    text += padded(line.client, client) + "  " + padded(line.after_refusal, refusal) + "  " + line.when_down +
            "\n";
  }
  return text;
}

}  // namespace

ExitCode Diagnosis::exit_code() const {
  const auto any = [this](Finding finding) {
    return std::ranges::any_of(checks, [&](const Check& check) { return check.finding == finding; });
  };
  return any(Finding::bad) ? kBlocked : any(Finding::unknown) ? kCouldNotJudge : kClean;
}

std::string render_text(const Diagnosis& diagnosis) {
  std::string text;
  const auto& checks = diagnosis.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const Check& check = checks[i];
    if (i == 0 || checks[i - 1].section != check.section) {
      text += (text.empty() ? "" : "\n") + check.section + "\n";
    }
    text += std::string("  ") + mark_of(check.finding) + "  " + safe(check.name);
    if (!check.detail.empty()) text += " (" + safe(check.detail) + ")";
    text += "\n";
    // The same advice for several checks stands below the last of them.
    const bool again = std::any_of(
        checks.begin() + static_cast<std::ptrdiff_t>(i) + 1, checks.end(),
        [&](const Check& later) { return later.finding != Finding::ok && later.advice == check.advice; });
    if (check.finding != Finding::ok && !check.advice.empty() && !again) {
      text += "        -> " + safe(check.advice) + "\n";
    }
  }
  if (!diagnosis.protections.empty()) text += "\n" + table(diagnosis.protections);
  return text + "\n" + conclusion(diagnosis.exit_code()) + "\n";
}

std::string render_json(const Diagnosis& diagnosis) {
  using Json = nlohmann::ordered_json;
  Json checks = Json::array();
  for (const Check& check : diagnosis.checks) {
    Json json{{"section", check.section},
              {"name", safe(check.name)},
              {"result", name_of(check.finding)},
              {"detail", safe(check.detail)}};
    if (check.finding != Finding::ok && !check.advice.empty()) json["advice"] = safe(check.advice);
    checks.push_back(std::move(json));
  }
  Json clients = Json::array();
  for (const Protection& line : diagnosis.protections) {
    clients.push_back({{"client", line.client},
                       {"result", name_of(line.refusal)},
                       {"after_refusal", line.after_refusal},
                       {"when_down", line.when_down}});
  }
  return Json{{"conclusion", conclusion(diagnosis.exit_code())},
              {"exit_code", static_cast<int>(diagnosis.exit_code())},
              {"checks", std::move(checks)},
              {"clients", std::move(clients)}}
             .dump(2) +
         "\n";
}

}  // namespace portcullis::cli
