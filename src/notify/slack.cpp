// SPDX-License-Identifier: Apache-2.0
#include "slack.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "portcullis/notify/ecs.hpp"
#include "portcullis/util/safe_text.hpp"
#include "pullers.hpp"

namespace portcullis::notify {
namespace {

using findings::Event;
using findings::Severity;
using Json = nlohmann::ordered_json;

// Slack takes 3,000 characters in a section; escaping makes five of one.
constexpr std::size_t kMaxMessage = 400;
constexpr std::size_t kMaxShort = 150;
constexpr std::size_t kMaxRules = 5;
constexpr std::size_t kMaxPullerLines = 10;
constexpr std::size_t kMaxPullerText = 40;

/// `&`, `<` and `>` are all that Slack's markup wants escaped.
std::string escaped(const std::string& safe) {
  std::string out;
  for (const char c : safe) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string code(const std::string& hostile, std::size_t limit = kMaxShort) {
  std::string safe = util::safe_text(hostile, limit);
  std::replace(safe.begin(), safe.end(), '`', '\'');
  return "`" + escaped(safe) + "`";
}

std::string title(const Event& event) {
  static const std::vector<std::pair<std::string_view, std::string_view>> kTitles = {
      {"pull-blocked", "Pull blocked"},
      {"pull-warned", "Pull served with findings"},
      {"pull-allowed", "Pull served"},
      {"image-blocked", "Image blocked"},
      {"image-warned", "Image served with findings"},
      {"image-allowed", "Image allowed"},
      {"name-squat", "Look-alike image name"},
      {"tag-moved", "Tag moved"},
      {"tag-drift", "Changes under a moved tag"},
      {"retro-alert", "An image that was served is bad"},
      {"waiver-added", "Waiver added"},
      {"waiver-revoked", "Waiver revoked"},
      {"waiver-expired", "Waiver expired"},
      {"rule-disabled", "Rule disabled"},
      {"rule-overridden", "Rule given another severity"},
      {"rule-restored", "Rule restored"},
      {"scan-failed", "Scan failed"},
      {"bypass-suspected", "Somebody may have gone around the gate"},
  };
  for (const auto& [action, words] : kTitles) {
    if (event.action == action) return std::string(words);
  }
  return code(event.action);
}

const char* sign(Severity severity) {
  if (severity >= Severity::high) return ":rotating_light:";
  return severity == Severity::medium ? ":warning:" : ":information_source:";
}

std::string image(const Event& event) {
  std::string name = image_name(event);
  if (name.empty() || event.reference.empty()) return name;
  return name + (event.reference.find(':') == std::string::npos ? ":" : "@") + event.reference;
}

std::string headline(const Event& event) {
  std::string line = std::string(sign(event.severity)) + " *" + title(event) + "*";
  if (const auto name = image(event); !name.empty()) line += " " + code(name, kMaxMessage);
  if (event.severity > Severity::info) {
    line.append(" (").append(findings::to_string(event.severity)).append(")");
  }
  if (!event.message.empty()) line += "\n" + code(event.message, kMaxMessage);
  return line;
}

std::string rule_list(const Event& event) {
  std::string text;
  for (std::size_t i = 0; i < event.rules.size() && i < kMaxRules; ++i) {
    const auto& rule = event.rules[i];
    text.append(text.empty() ? "" : "\n").append(code(rule.rule));
    if (!rule.path.empty()) text += " in " + code(rule.path);
  }
  if (event.rules.size() > kMaxRules) {
    text += "\nand " + std::to_string(event.rules.size() - kMaxRules) + " more";
  }
  return text;
}

std::string client(const Event& event) {
  if (event.client_address.empty() && event.client_user.empty()) return {};
  std::string text = code(event.client_address.empty() ? "unknown address" : event.client_address);
  if (!event.client_user.empty()) text += " user " + code(event.client_user);
  if (!event.client_agent.empty()) text += "\n" + code(event.client_agent);
  return text;
}

std::string puller_list(const Event& event) {
  const auto found = event.extra.find("pullers");
  if (found == event.extra.end()) return {};
  const auto pullers = parse_pullers(found->second);
  if (!pullers) return code(found->second, kMaxMessage);
  std::string text;
  for (std::size_t i = 0; i < pullers->size() && i < kMaxPullerLines; ++i) {
    const auto& puller = (*pullers)[i];
    text.append(text.empty() ? "" : "\n").append("- ").append(code(puller.address, kMaxPullerText));
    if (!puller.user.empty()) text += " " + code(puller.user, kMaxPullerText);
    if (!puller.agent.empty()) text += " " + code(puller.agent, kMaxPullerText);
    if (!puller.last.empty()) text += " last " + code(puller.last, kMaxPullerText);
  }
  std::size_t count = pullers->size();
  if (const auto said = event.extra.find("pullers.count"); said != event.extra.end()) {
    count = std::max(count, static_cast<std::size_t>(std::strtoull(said->second.c_str(), nullptr, 10)));
  }
  if (count > kMaxPullerLines) text += "\nand " + std::to_string(count - kMaxPullerLines) + " more";
  return text;
}

std::string report(const Event& event, const std::string& public_url) {
  if (event.decision_id.empty()) return {};
  const auto url = report_url(public_url, event.decision_id);
  if (url.empty()) return code(event.decision_id);
  return "<" + escaped(url) + "|" + event.decision_id + ">";
}

Json section(const std::string& text) {
  return {{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", text}}}};
}

}  // namespace

std::string slack_json(const Event& event, const std::string& public_url) {
  std::string text = headline(event);
  Json blocks = Json::array({section(text)});
  const auto add = [&](const char* name, const std::string& value, const char* separator) {
    if (value.empty()) return;
    const std::string part = std::string("*") + name + "*" + separator + value;
    text += "\n" + part;
    blocks.push_back(section(part));
  };
  add("Rules", rule_list(event), "\n");
  add("Client", client(event), " ");
  add("Pulled by", puller_list(event), "\n");
  add("Report", report(event, public_url), " ");
  return Json{{"text", text}, {"blocks", blocks}}.dump();
}

}  // namespace portcullis::notify
