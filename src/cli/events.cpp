// SPDX-License-Identifier: Apache-2.0
//
// portcullis events: what was recorded, oldest first.
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "commands.hpp"
#include "exit_code.hpp"
#include "portcullis/config/config.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {
namespace {

constexpr std::size_t kMessageLimit = 1000;
constexpr std::size_t kFollowBatch = 500;

struct EventFlags {
  std::string config;
  std::string data;
  std::size_t count = 50;
  std::string format = "text";
  std::string action;
  bool follow = false;
};

bool is_digest(const std::string& reference) { return reference.find(':') != std::string::npos; }

std::string image_name(const records::Event& event) {
  if (event.host.empty()) return event.repository;
  return event.repository.empty() ? event.host : event.host + "/" + event.repository;
}

/// ECS `event.outcome`, which is success, failure or unknown.
const char* ecs_outcome(const std::string& action) {
  if (action.ends_with("-allowed") || action.ends_with("-warned")) return "success";
  if (action.ends_with("-blocked") || action.ends_with("-failed")) return "failure";
  return "unknown";
}

std::string as_json(const records::Event& event) {
  nlohmann::ordered_json json;
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = util::safe_text(value, kMessageLimit);
  };
  put("@timestamp", util::to_rfc3339(event.at));
  put("event.action", event.action);
  json["event.outcome"] = ecs_outcome(event.action);
  put("container.image.name", image_name(event));
  if (!is_digest(event.reference)) put("container.image.tag", event.reference);
  if (!event.manifest.empty()) json["container.image.hash.all"] = {util::safe_text(event.manifest)};
  put("source.ip", event.client_address);
  put("user.name", event.client_user);
  put("user_agent.original", event.client_agent);
  put("message", event.message);
  put("portcullis.decision_id", event.decision_id);
  return json.dump();
}

std::string as_text(const records::Event& event) {
  std::string line = util::to_rfc3339(event.at) + "  " + util::safe_text(event.action);
  if (const std::string name = image_name(event); !name.empty()) {
    line += "  " + util::safe_text(name);
    if (!event.reference.empty()) {
      line += (is_digest(event.reference) ? "@" : ":") + util::safe_text(event.reference);
    }
  }
  if (!event.message.empty()) line += "  " + util::safe_text(event.message, kMessageLimit);
  if (!event.client_address.empty()) line += "  from " + util::safe_text(event.client_address);
  if (!event.decision_id.empty()) line += "  report " + util::safe_text(event.decision_id);
  return line;
}

/// Prints them and gives the last sequence back; nullopt when nobody reads any more.
std::optional<std::int64_t> print(const std::vector<records::Event>& events, const EventFlags& flags,
                                  std::int64_t last) {
  for (const records::Event& event : events) {
    const std::string line = flags.format == "json" ? as_json(event) : as_text(event);
    if (std::printf("%s\n", line.c_str()) < 0) return std::nullopt;
    last = std::max(last, event.sequence);
  }
  if (std::fflush(stdout) != 0) return std::nullopt;
  return last;
}

int events(const EventFlags& flags) {
  config::Overrides overrides;
  if (!flags.data.empty()) overrides.data = flags.data;
  auto config = config::load(flags.config, overrides);
  if (!config) return fail_configuration(config.error());
  const std::string database = config->database();

  auto records = records::open(
      database, {.mode = records::OpenMode::existing_read_only, .password = config->records.password});
  if (!records) {
    return fail(kCouldNotJudge, "no events to read in " + database + ": " + records.error().message +
                                    "; name the data directory of `portcullis serve` with --data");
  }
  records::EventQuery query;
  query.limit = flags.count;
  if (!flags.action.empty()) query.actions = {flags.action};
  auto found = (*records)->events(query);
  if (!found) return fail(kCouldNotJudge, "reading " + database + ": " + found.error().message);
  std::sort(found->begin(), found->end(),
            [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  auto last = print(*found, flags, 0);

  query.newest = false;
  query.limit = kFollowBatch;
  while (flags.follow && last) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    query.after_sequence = *last;
    auto more = (*records)->events(query);
    if (!more) return fail(kCouldNotJudge, "reading " + database + ": " + more.error().message);
    last = print(*more, flags, *last);
  }
  return last ? kClean : kCannotWrite;
}

}  // namespace

void add_events(CLI::App& app, Action& action) {
  auto flags = std::make_shared<EventFlags>();
  CLI::App* command =
      app.add_subcommand("events", "Show what was blocked, allowed and noticed, oldest first");
  command->add_option("--config", flags->config, "Configuration file of the server")->type_name("FILE");
  command->add_option("--data", flags->data, "Data directory of the server, default ./data")
      ->type_name("DIR");
  command->add_option("-n,--count", flags->count, "How many of the newest, default 50")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--format", flags->format, "text (default) or json: one ECS object a line")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--action", flags->action, "Only this kind, such as pull-blocked")->type_name("ACTION");
  command->add_flag("--follow", flags->follow, "Go on printing new ones as they come");
  command->footer(
      "Examples:\n"
      "  portcullis events -n 20\n"
      "  portcullis events --data /var/lib/portcullis --action pull-blocked --format json\n"
      "  portcullis events --follow --format json | my-log-shipper");
  command->callback([flags, &action] { action = [flags] { return events(*flags); }; });
}

}  // namespace portcullis::cli
