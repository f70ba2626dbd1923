// SPDX-License-Identifier: Apache-2.0
#include "portcullis/notify/ecs.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "portcullis/util/safe_text.hpp"
#include "pullers.hpp"

namespace portcullis::notify {
namespace {

using findings::Event;
using findings::EventRule;
using findings::Severity;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxTechniques = 16;
constexpr std::size_t kMaxTechnique = 16;
constexpr std::size_t kMaxExtras = 32;
constexpr std::size_t kMaxBriefExtras = 6;
constexpr std::size_t kMaxKey = 64;

struct Bounds {
  std::size_t text;
  std::size_t listed;  ///< of a text in the lists of rules and clients
  std::size_t extras;
};
constexpr Bounds kFull{1000, 400, kMaxExtras};
constexpr Bounds kBrief{100, 0, kMaxBriefExtras};

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return inet_pton(AF_INET, text.c_str(), parsed.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), parsed.data()) == 1;
}

bool is_digest(const std::string& reference) { return reference.find(':') != std::string::npos; }

/// success, failure or unknown.
const char* outcome(const std::string& action) {
  if (action.ends_with("-allowed") || action.ends_with("-warned")) return "success";
  if (action.ends_with("-blocked") || action.ends_with("-failed")) return "failure";
  return "unknown";
}

/// `alert` for what somebody should look at.
const char* kind(const std::string& action) {
  for (const char* alert :
       {"pull-blocked", "image-blocked", "retro-alert", "name-squat", "bypass-suspected"}) {
    if (action == alert) return "alert";
  }
  return "event";
}

/// The numbers that Elastic's own rules use.
int severity_number(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return 99;
    case Severity::high:
      return 73;
    case Severity::medium:
      return 47;
    case Severity::low:
      return 21;
    case Severity::info:
      break;
  }
  return 0;
}

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value - value == 0 ? std::optional(value) : std::nullopt;  // JSON knows no infinity
}

class Renderer {
 public:
  Renderer(const Event& event, Bounds bounds) : event_(event), bounds_(bounds) {}

  std::string render(const std::string& public_url, Detail detail) {
    what();
    image();
    client();
    findings();
    put("message", event_.message);
    put("portcullis.decision_id", event_.decision_id);
    put("portcullis.report_url", report_url(public_url, event_.decision_id));
    if (detail == Detail::full) {
      rules();
      pullers();
    } else {
      json_["portcullis.truncated"] = true;
    }
    extras();
    return json_.dump();
  }

 private:
  void put(const std::string& name, const std::string& value) {
    if (!value.empty()) json_[name] = util::safe_text(value, bounds_.text);
  }
  std::string listed(const std::string& value) const { return util::safe_text(value, bounds_.listed); }
  static void put_in(Json& object, const char* name, const std::string& safe) {
    if (!safe.empty()) object[name] = safe;
  }

  void what() {
    json_["@timestamp"] = util::to_rfc3339(event_.at);
    json_["ecs.version"] = "8.11";
    put("event.action", event_.action);
    json_["event.outcome"] = outcome(event_.action);
    json_["event.kind"] = kind(event_.action);
    json_["event.severity"] = severity_number(event_.severity);
    json_["event.module"] = "portcullis";
    json_["event.dataset"] = "portcullis.events";
    if (event_.sequence > 0) json_["event.sequence"] = event_.sequence;
    json_["portcullis.severity"] = findings::to_string(event_.severity);
  }

  void image() {
    put("container.image.name", image_name(event_));
    if (!is_digest(event_.reference)) put("container.image.tag", event_.reference);
    const std::string& digest =
        event_.manifest.empty() && is_digest(event_.reference) ? event_.reference : event_.manifest;
    if (!digest.empty()) json_["container.image.hash.all"] = {util::safe_text(digest)};
  }

  void client() {
    // A store with a mapping for addresses refuses the whole event when this is none.
    put(is_address(event_.client_address) ? "source.ip" : "source.address", event_.client_address);
    put("user.name", event_.client_user);
    put("user_agent.original", event_.client_agent);
  }

  /// The worst rule; all of them are in `portcullis.rules`.
  void findings() {
    if (event_.rules.empty()) return;
    const EventRule& worst = event_.rules.front();
    put("rule.name", worst.rule);
    put("file.path", worst.path);
    put("file.hash.sha256", worst.file_hash);
    put("portcullis.layer.digest", worst.layer);
    std::set<std::string> techniques;
    for (const auto& rule : event_.rules) {
      for (const auto& technique : rule.techniques) {
        if (techniques.size() < kMaxTechniques) techniques.insert(util::safe_text(technique, kMaxTechnique));
      }
    }
    if (techniques.empty()) return;
    json_["threat.framework"] = "MITRE ATT&CK";
    json_["threat.technique.id"] = techniques;
  }

  void rules() {
    if (event_.rules.empty()) return;
    Json all = Json::array();
    for (const auto& rule : event_.rules) {
      if (all.size() == findings::kMaxEventRules) break;
      Json one = {{"name", listed(rule.rule)}, {"severity", findings::to_string(rule.severity)}};
      put_in(one, "path", listed(rule.path));
      put_in(one, "sha256", listed(rule.file_hash));
      put_in(one, "layer", listed(rule.layer));
      all.push_back(std::move(one));
    }
    json_["portcullis.rules"] = std::move(all);
  }

  void pullers() {
    const auto found = event_.extra.find("pullers");
    if (found == event_.extra.end()) return;
    const auto parsed = parse_pullers(found->second);
    if (!parsed) return put("portcullis.pullers_text", found->second);
    Json all = Json::array();
    for (const auto& puller : *parsed) {
      Json one = Json::object();
      put_in(one, "address", listed(puller.address));
      put_in(one, "user", listed(puller.user));
      put_in(one, "agent", listed(puller.agent));
      put_in(one, "first", listed(puller.first));
      put_in(one, "last", listed(puller.last));
      if (puller.requests != 0) one["requests"] = puller.requests;
      all.push_back(std::move(one));
    }
    json_["portcullis.pullers"] = std::move(all);
  }

  void extras() {
    std::size_t count = 0;
    for (const auto& [key, value] : event_.extra) {
      if (key == "pullers" || value.empty()) continue;
      if (++count > bounds_.extras) break;
      const std::string name = "portcullis." + util::safe_text(key, kMaxKey);
      if (json_.contains(name)) continue;  // what the event itself says stands
      if (const auto counted =
              key == "squat.score" || key == "pullers.count" ? number(value) : std::nullopt) {
        json_[name] = *counted;
      } else {
        put(name, value);
      }
    }
  }

  const Event& event_;
  const Bounds bounds_;
  Json json_;
};

}  // namespace

std::string image_name(const Event& event) {
  if (event.host.empty()) return event.repository;
  return event.repository.empty() ? event.host : event.host + "/" + event.repository;
}

std::string report_url(const std::string& public_url, const std::string& decision_id) {
  if (public_url.empty() || decision_id.empty()) return {};
  const bool harmless = std::all_of(decision_id.begin(), decision_id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  return harmless ? public_url + "/reports/" + decision_id : std::string();
}

std::string ecs_json(const Event& event, const std::string& public_url, Detail detail) {
  return Renderer(event, detail == Detail::full ? kFull : kBrief).render(public_url, detail);
}

}  // namespace portcullis::notify
