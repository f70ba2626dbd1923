// SPDX-License-Identifier: Apache-2.0
//
// portcullis waive: exceptions, on the records of a server that may be running.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands.hpp"
#include "exit_code.hpp"
#include "operator_name.hpp"
#include "portcullis/gate/waiving.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"
#include "server_records.hpp"
#include "waive_text.hpp"

namespace portcullis::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownImages = 20;

struct WaiveFlags {
  ServerFlags server;
  gate::WaiverScope scope;
  std::string report;
  std::string lifetime;
  std::string until;
  std::string reason;
  std::string author;
  std::string id;
  std::string state;
  std::string within = "7d";
  std::string format = "text";
  std::size_t count = 100;
  bool dry_run = false;
  bool yes = false;

  bool json() const { return format == "json"; }
  std::string name() const { return author.empty() ? operator_name() : author; }
};

int fail(const util::Error& error) {
  const bool asked_wrongly = error.kind == util::ErrorKind::invalid || error.kind == util::ErrorKind::absent;
  return fail(asked_wrongly ? kUsage : kCannotWrite, error.message);
}

/// The server and what makes waivers on its records.
struct Desk {
  ServerRecords server;
  util::SystemClock clock;
  gate::Waiving waiving{*server.records, clock, server.config.waivers};

  explicit Desk(ServerRecords opened) : server(std::move(opened)) {}
  util::TimePoint now() const { return clock.now(); }
};

tl::expected<std::unique_ptr<Desk>, int> sit_down(const WaiveFlags& flags, records::OpenMode mode) {
  auto server = open_server_records(flags.server, mode);
  if (!server) return tl::unexpected(server.error());
  return std::make_unique<Desk>(*std::move(server));
}

util::Result<gate::WaiverGrounds> grounds(const WaiveFlags& flags) {
  gate::WaiverGrounds grounds{.reason = flags.reason, .author = flags.name(), .term = {}};
  const auto refuse = [](const std::string& message) {
    return util::fail(util::ErrorKind::invalid, message);
  };
  if (flags.lifetime.empty() && flags.until.empty()) {
    return refuse("say how long it holds: --for 7d or --until 2027-01-31T12:00:00Z");
  }
  if (!flags.lifetime.empty()) {
    grounds.term.lifetime = util::parse_duration(flags.lifetime);
    if (!grounds.term.lifetime) {
      return refuse("--for: expected a duration such as 12h or 7d, saw \"" + flags.lifetime + "\"");
    }
  } else {
    grounds.term.expires = util::parse_rfc3339(flags.until);
    if (!grounds.term.expires) {
      return refuse("--until: expected a time such as 2027-01-31T12:00:00Z, saw \"" + flags.until + "\"");
    }
  }
  return grounds;
}

util::Result<std::vector<findings::Waiver>> prepare(gate::Waiving& waiving, const WaiveFlags& flags) {
  const auto why = grounds(flags);
  if (!why) return tl::unexpected(why.error());
  if (!flags.report.empty()) return waiving.prepare_for_report(flags.report, *why);
  auto one = waiving.prepare(flags.scope, *why);
  if (!one) return tl::unexpected(one.error());
  return std::vector{*std::move(one)};
}

bool agreed(std::size_t count) {
  std::fprintf(stderr, "Create %s? [y/N] ", count == 1 ? "this waiver" : "these waivers");
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

std::string forecast_text(const std::vector<findings::Waiver>& waivers, const gate::WaiverEffect& effect) {
  std::string text;
  for (const auto& waiver : waivers) text += proposal_text(waiver);
  return text + effect_text(effect);
}

std::string created_text(const std::vector<findings::Waiver>& waivers) {
  std::string ids;
  for (const auto& waiver : waivers) ids += (ids.empty() ? "" : ", ") + waiver.id;
  return "Created " + ids + ". It counts when an image is next asked for.\n";
}

std::string as_json(const std::vector<findings::Waiver>& waivers, const gate::WaiverEffect& effect,
                    bool created, util::TimePoint now) {
  Json list = Json::array();
  for (const auto& waiver : waivers) {
    list.push_back(created ? waiver_json({.waiver = waiver}, now) : proposal_json(waiver));
  }
  return Json{{"created", created}, {"waivers", std::move(list)}, {"effect", effect_json(effect)}}.dump(2) +
         '\n';
}

int add(const WaiveFlags& flags) {
  if (flags.report.empty() && flags.scope.rule.empty() && flags.scope.repository.empty() &&
      flags.scope.digest.empty() && flags.scope.file_hash.empty()) {
    return fail(kUsage,
                "name what is waived: --report ID, or two or more of --rule, --repository, --digest and "
                "--file-hash");
  }
  const bool asks = !flags.yes && !flags.dry_run;
  if (asks && (flags.json() || isatty(STDIN_FILENO) != 1)) {
    return fail(kUsage, "nothing was created, since there is nobody to ask: add --yes, or --dry-run to see");
  }
  auto desk =
      sit_down(flags, flags.dry_run ? records::OpenMode::existing_read_only : records::OpenMode::existing);
  if (!desk) return desk.error();
  auto& waiving = (*desk)->waiving;
  const auto waivers = prepare(waiving, flags);
  if (!waivers) return fail(waivers.error());
  const auto effect = waiving.preview(*waivers);
  if (!effect) return fail(effect.error());
  if (!flags.json()) {
    if (const int code = print(forecast_text(*waivers, *effect)); code != kClean) return code;
  }
  if (asks && !agreed(waivers->size())) return fail(kBlocked, "nothing was created");
  if (!flags.dry_run) {
    if (auto created = waiving.create(*waivers); !created) return fail(created.error());
  }
  if (flags.json()) return print(as_json(*waivers, *effect, !flags.dry_run, (*desk)->now()));
  return print(flags.dry_run ? "Nothing was created (--dry-run).\n" : created_text(*waivers));
}

int list(const WaiveFlags& flags) {
  const auto within = util::parse_duration(flags.within);
  if (!within) {
    return fail(kUsage, "--within: expected a duration such as 12h or 7d, saw \"" + flags.within + "\"");
  }
  auto desk = sit_down(flags, records::OpenMode::existing_read_only);
  if (!desk) return desk.error();
  const auto now = (*desk)->now();
  records::WaiverQuery query{.limit = flags.count + 1};
  if (flags.state == "active") query.state = records::WaiverState::active;
  if (flags.state == "expired") query.state = records::WaiverState::expired;
  if (flags.state == "revoked") query.state = records::WaiverState::revoked;
  if (flags.state == "expiring") query.expires_before = now + *within;
  auto found = (*desk)->server.records->waivers().list(query, now);
  if (!found) return fail(found.error());
  const bool more = found->size() > flags.count;
  if (more) found->resize(flags.count);
  std::string text;
  Json json = Json::array();
  for (const auto& record : *found) {
    if (flags.json()) {
      json.push_back(waiver_json(record, now));
    } else {
      text += waiver_text(record, now);
    }
  }
  if (flags.json()) text = json.dump(2) + '\n';
  if (found->empty() && !flags.json()) {
    text = "no " + (flags.state.empty() ? "" : flags.state + ' ') + "waivers\n";
  }
  const int code = print(text);
  if (more) std::fprintf(stderr, "portcullis: there are older ones; -n shows more than %zu\n", flags.count);
  return code;
}

util::Result<records::WaiverRecord> find(records::Records& records, const std::string& id) {
  auto found = records.waivers().find(util::to_lower_ascii(id));
  if (!found) return tl::unexpected(found.error());
  if (!*found) {
    return util::fail(util::ErrorKind::absent,
                      "there is no waiver '" + util::safe_text(id) + "'; `portcullis waive list` shows them");
  }
  return **std::move(found);
}

int show(const WaiveFlags& flags) {
  auto desk = sit_down(flags, records::OpenMode::existing_read_only);
  if (!desk) return desk.error();
  auto& records = *(*desk)->server.records;
  const auto record = find(records, flags.id);
  if (!record) return fail(record.error());
  const auto users = records.search().images({.waiver = record->waiver.id, .limit = kShownImages});
  if (!users) return fail(users.error());
  const auto now = (*desk)->now();
  if (flags.json()) {
    auto json = waiver_json(*record, now);
    json["images"] = Json::array();
    for (const auto& image : users->images) {
      json["images"].push_back({{"name", util::safe_text(image.host + '/' + image.repository)},
                                {"manifest", image.manifest.text()},
                                {"report", util::safe_text(image.decision_id)}});
    }
    json["more_images"] = !users->next.empty();
    return print(json.dump(2) + '\n');
  }
  std::string text = waiver_text(*record, now);
  if (users->images.empty()) text += "  no decision in force leans on it\n";
  for (const auto& image : users->images) {
    text += "  used by " +
            image_text(image.host + '/' + image.repository, image.tags, image.manifest.text()) + ", report " +
            util::safe_text(image.decision_id) + '\n';
  }
  if (!users->next.empty()) text += "  and by more\n";
  return print(text);
}

int revoke(const WaiveFlags& flags) {
  auto desk = sit_down(flags, records::OpenMode::existing);
  if (!desk) return desk.error();
  const auto record = find(*(*desk)->server.records, flags.id);
  if (!record) return fail(record.error());
  const auto revoked = (*desk)->waiving.revoke(record->waiver.id, flags.name(), flags.reason);
  if (!revoked) return fail(revoked.error());
  const auto now = (*desk)->now();
  return print(flags.json() ? waiver_json(*revoked, now).dump(2) + '\n' : waiver_text(*revoked, now));
}

using Form = int (*)(const WaiveFlags&);

CLI::App* add_form(CLI::App& parent, const char* name, const char* help, Form run,
                   const std::shared_ptr<WaiveFlags>& flags, Action& action) {
  CLI::App* command = parent.add_subcommand(name, help);
  add_server_flags(*command, flags->server);
  command->add_option("--format", flags->format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([flags, run, &action] { action = [flags, run] { return run(*flags); }; });
  return command;
}

void add_author(CLI::App& command, WaiveFlags& flags) {
  command.add_option("--author", flags.author, "Who signs, default you: user@host")->type_name("NAME");
}

void add_add(CLI::App& parent, const std::shared_ptr<WaiveFlags>& flags, Action& action) {
  CLI::App* adder =
      add_form(parent, "add", "Make an exception, after showing what it lets through", add, flags, action);
  auto* report =
      adder
          ->add_option("--report", flags->report,
                       "All reasons that block the image of this report, each as narrowly as can be")
          ->type_name("ID");
  adder->add_option("--rule", flags->scope.rule, "Rule or check, or a pattern over their names")
      ->type_name("RULE")
      ->excludes(report);
  adder->add_option("--repository", flags->scope.repository, "Pattern over host/repository")
      ->type_name("GLOB")
      ->excludes(report);
  adder->add_option("--digest", flags->scope.digest, "Of a manifest")->type_name("DIGEST")->excludes(report);
  adder->add_option("--file-hash", flags->scope.file_hash, "SHA-256 of a file in the image")
      ->type_name("HEX")
      ->excludes(report);
  auto* lifetime =
      adder->add_option("--for", flags->lifetime, "How long it holds, such as 7d")->type_name("DURATION");
  adder->add_option("--until", flags->until, "Until when, such as 2027-01-31T12:00:00Z")
      ->type_name("TIME")
      ->excludes(lifetime);
  adder->add_option("--reason", flags->reason, "Why; it stays on record")->type_name("TEXT")->required();
  add_author(*adder, *flags);
  auto* yes = adder->add_flag("--yes", flags->yes, "Do not ask");
  adder->add_flag("--dry-run", flags->dry_run, "Only show what it would let through")->excludes(yes);
}

}  // namespace

void add_waive(CLI::App& app, Action& action) {
  auto flags = std::make_shared<WaiveFlags>();
  CLI::App* command = app.add_subcommand("waive", "Make, list and revoke exceptions");
  add_add(*command, flags, action);

  CLI::App* lister = add_form(*command, "list", "Waivers, newest first", list, flags, action);
  lister
      ->add_option("--state", flags->state, "active, expired, revoked, or expiring: active, but not for long")
      ->type_name("STATE")
      ->check(CLI::IsMember({"active", "expired", "revoked", "expiring"}));
  lister->add_option("--within", flags->within, "What counts as expiring, default 7d")->type_name("DURATION");
  lister->add_option("-n,--count", flags->count, "How many, default 100")
      ->type_name("N")
      ->check(CLI::Range(1, 9'999));

  CLI::App* shower =
      add_form(*command, "show", "One waiver, and the images that lean on it", show, flags, action);
  shower->add_option("ID", flags->id)->required();

  CLI::App* revoker = add_form(*command, "revoke", "End a waiver now", revoke, flags, action);
  revoker->add_option("ID", flags->id)->required();
  revoker->add_option("--reason", flags->reason, "Why; it stays on record")->type_name("TEXT")->required();
  add_author(*revoker, *flags);

  command->footer(
      "A waiver never hides a finding: the image is served with a warning that names the waiver. It says "
      "two\n"
      "or more of rule, repository, digest and file hash; severity high and critical want one of the last "
      "two.\n"
      "Examples:\n"
      "  portcullis waive add --report 7f3k2m9x --for 7d --reason 'false positive, ticket 4711'\n"
      "  portcullis waive add --rule 'miner_*' --digest sha256:... --for 30d --reason 'research' --dry-run\n"
      "  portcullis waive list --state expiring --within 3d\n"
      "  portcullis waive revoke w-k3j9x2mq --reason 'fixed upstream'");
  command->callback([command, &action] {
    if (!command->get_subcommands().empty()) return;
    action = [] {
      return fail(kUsage, "waive: expected add, list, show or revoke (see portcullis waive --help)");
    };
  });
}

}  // namespace portcullis::cli
