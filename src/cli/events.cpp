// SPDX-License-Identifier: Apache-2.0
//
// portcullis events: what was recorded, oldest first.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "commands.hpp"
#include "exit_code.hpp"
#include "portcullis/findings/severity.hpp"
#include "portcullis/notify/ecs.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"
#include "server_records.hpp"

namespace portcullis::cli {
namespace {

constexpr std::size_t kMessageLimit = 1000;
constexpr std::size_t kFollowBatch = 500;
constexpr std::size_t kPage = 1000;
constexpr std::chrono::seconds kFollowPause{1};

struct EventFlags {
  ServerFlags server;
  std::size_t count = 50;
  std::string format = "text";
  std::vector<std::string> actions;
  std::string min_severity;
  std::string image;
  std::string client;
  std::string rule;
  std::string since;
  bool follow = false;
};

bool is_digest(const std::string& reference) { return reference.find(':') != std::string::npos; }

std::string as_text(const records::Event& event) {
  std::string line = util::to_rfc3339(event.at) + "  " + util::safe_text(event.action);
  if (event.severity != findings::Severity::info) {
    line.append(" (").append(findings::to_string(event.severity)).append(")");
  }
  if (const std::string name = notify::image_name(event); !name.empty()) {
    line += "  " + util::safe_text(name);
    if (!event.reference.empty()) {
      line += (is_digest(event.reference) ? "@" : ":") + util::safe_text(event.reference);
    }
  }
  if (!event.message.empty()) line += "  " + util::safe_text(event.message, kMessageLimit);
  if (!event.client_address.empty()) line += "  from " + util::safe_text(event.client_address);
  if (!event.client_user.empty()) line += "  user " + util::safe_text(event.client_user);
  if (!event.decision_id.empty()) line += "  report " + util::safe_text(event.decision_id);
  return line;
}

/// False when nobody reads any more.
bool print(const std::vector<records::Event>& events, const EventFlags& flags,
           const std::string& public_url) {
  for (const records::Event& event : events) {
    const std::string line = flags.format == "json" ? notify::ecs_json(event, public_url) : as_text(event);
    if (std::printf("%s\n", line.c_str()) < 0) return false;
  }
  return std::fflush(stdout) == 0;
}

/// "24h" ago, or a point in time.
util::Result<util::TimePoint> parse_since(const std::string& text) {
  if (const auto ago = util::parse_duration(text)) return util::SystemClock().now() - *ago;
  if (const auto time = util::parse_rfc3339(text)) return *time;
  return util::fail(
      util::ErrorKind::invalid,
      "--since: expected a duration such as 24h or a time such as 2026-11-26T08:00:00Z, saw \"" + text +
          "\"");
}

/// A name, with a digest when one is written; a tag counts only when it is written too, and is compared
/// by whoever prints.
util::Result<void> look_for_image(const std::string& text, records::EventQuery& query, std::string& tag) {
  if (text.empty()) return {};
  if (oci::Digest::parse(text)) {
    query.manifest = text;
    return {};
  }
  const auto reference = oci::Reference::parse(text);
  if (!reference) return util::fail("--image", reference.error());
  query.host = reference->host();
  query.repository = reference->repository().text();
  if (reference->digest()) {
    query.manifest = reference->digest()->text();
  } else if (text.ends_with(":" + oci::to_string(reference->target()))) {
    tag = reference->tag()->text();
  }
  return {};
}

class EventPrinter {
 public:
  EventPrinter(const EventFlags& flags, const config::Config& config, records::Records& records)
      : flags_(flags), config_(config), records_(records) {}

  util::Result<void> set_up() {
    query_.actions = flags_.actions;
    query_.client = flags_.client;
    query_.rule = flags_.rule;
    if (const auto severity = findings::parse_severity(flags_.min_severity)) query_.min_severity = *severity;
    if (!flags_.since.empty()) {
      const auto since = parse_since(flags_.since);
      if (!since) return tl::unexpected(since.error());
      query_.from = *since;
    }
    return look_for_image(flags_.image, query_, tag_);
  }

  /// The newest that there are; false when nobody reads.
  util::Result<bool> print_newest() {
    const auto seen = newest_of_all();
    if (!seen) return tl::unexpected(seen.error());
    seen_ = *seen;
    records::EventQuery query = query_;
    query.limit = tag_.empty() ? flags_.count : kPage;
    query.before_sequence = *seen + 1;
    std::vector<records::Event> newest;
    while (true) {
      auto page = records_.events(query);
      if (!page) return tl::unexpected(page.error());
      const bool last = tag_.empty() || page->size() < query.limit;
      if (!page->empty()) query.before_sequence = page->front().sequence;
      keep_tag(*page);
      newest.insert(newest.begin(), page->begin(), page->end());
      if (last || newest.size() >= flags_.count) break;
    }
    if (newest.size() > flags_.count) {
      newest.erase(newest.begin(), newest.end() - static_cast<std::ptrdiff_t>(flags_.count));
    }
    return print(newest, flags_, config_.admin_public_url);
  }

  /// What came since; at most kFollowBatch at a time.
  util::Result<bool> print_new() {
    while (true) {
      const auto seen = newest_of_all();
      if (!seen) return tl::unexpected(seen.error());
      if (*seen <= seen_) return true;
      records::EventQuery query = query_;
      query.newest = false;
      query.limit = kFollowBatch;
      query.after_sequence = seen_;
      query.before_sequence = *seen + 1;
      const auto read = print_found(query);
      if (!read || !*read) return read;
      seen_ = found_ == kFollowBatch ? last_ : *seen;
    }
  }

 private:
  /// Filters may match nothing for days: where we are is told by all events.
  util::Result<std::int64_t> newest_of_all() {
    const auto last = records_.events({.limit = 1});
    if (!last) return tl::unexpected(last.error());
    return last->empty() ? 0 : last->back().sequence;
  }

  /// The records do not search by it.
  void keep_tag(std::vector<records::Event>& events) const {
    if (!tag_.empty()) std::erase_if(events, [&](const auto& event) { return event.reference != tag_; });
  }

  util::Result<bool> print_found(const records::EventQuery& query) {
    auto found = records_.events(query);
    if (!found) return tl::unexpected(found.error());
    found_ = found->size();
    if (!found->empty()) last_ = found->back().sequence;
    keep_tag(*found);
    return print(*found, flags_, config_.admin_public_url);
  }

  const EventFlags& flags_;
  const config::Config& config_;
  records::Records& records_;
  records::EventQuery query_;
  std::string tag_;
  std::int64_t seen_ = 0;
  std::size_t found_ = 0;
  std::int64_t last_ = 0;
};

/// Goes on through a database that restarts: who follows events wants those of that time too.
int follow(EventPrinter& printer, const std::string& database) {
  bool troubled = false;
  while (true) {
    std::this_thread::sleep_for(kFollowPause);
    const auto read = printer.print_new();
    if (read && !*read) return kCannotWrite;
    if (!read && !troubled) {
      fail(kCouldNotJudge, "reading " + database + ": " + read.error().message + "; trying again");
    }
    if (read && troubled) std::fprintf(stderr, "portcullis: events can be read again\n");
    troubled = !read;
  }
}

int events(const EventFlags& flags) {
  const auto server = open_server_records(flags.server, records::OpenMode::existing_read_only);
  if (!server) return server.error();
  const std::string database = server->config.database();
  EventPrinter printer(flags, server->config, *server->records);
  if (const auto good = printer.set_up(); !good) return fail(kUsage, good.error().message);
  const auto read = printer.print_newest();
  if (!read) return fail(kCouldNotJudge, "reading " + database + ": " + read.error().message);
  if (!*read) return kCannotWrite;
  return flags.follow ? follow(printer, database) : kClean;
}

}  // namespace

void add_events(CLI::App& app, Action& action) {
  auto flags = std::make_shared<EventFlags>();
  CLI::App* command =
      app.add_subcommand("events", "Show what was blocked, allowed and noticed, oldest first");
  add_server_flags(*command, flags->server);
  command->add_option("-n,--count", flags->count, "How many of the newest, default 50")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--format", flags->format, "text (default) or json: one ECS object a line")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  command
      ->add_option("--action", flags->actions,
                   "Only this kind, such as pull-blocked; repeatable: any of them")
      ->type_name("ACTION")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--min-severity", flags->min_severity, "Only this bad or worse")
      ->type_name("SEVERITY")
      ->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}));
  command->add_option("--image", flags->image, "Only this image: a name, with a tag or digest, or a digest")
      ->type_name("IMAGE");
  command->add_option("--client", flags->client, "Only this client: an address or a user")
      ->type_name("CLIENT");
  command->add_option("--rule", flags->rule, "Only events with this rule or check")->type_name("RULE");
  command->add_option("--since", flags->since, "Only from then on: 24h, or 2026-11-26T08:00:00Z")
      ->type_name("TIME");
  command->add_flag("--follow", flags->follow, "Go on printing new ones as they come");
  command->footer(
      "Examples:\n"
      "  portcullis events -n 20\n"
      "  portcullis events --since 24h --min-severity high --action pull-blocked --action retro-alert\n"
      "  portcullis events --data /var/lib/portcullis --image docker.io/library/nginx --format json\n"
      "  portcullis events --follow --format json | my-log-shipper");
  command->callback([flags, &action] { action = [flags] { return events(*flags); }; });
}

}  // namespace portcullis::cli
