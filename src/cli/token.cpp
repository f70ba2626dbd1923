// SPDX-License-Identifier: Apache-2.0
//
// portcullis token: credentials of the admin side.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "commands.hpp"
#include "exit_code.hpp"
#include "operator_name.hpp"
#include "portcullis/records/tokens.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"
#include "server_records.hpp"

namespace portcullis::cli {
namespace {

using records::TokenRecord;
using util::safe_text;

constexpr std::chrono::milliseconds kLongest = std::chrono::days(3'650);
constexpr std::size_t kLongestName = 100;

struct TokenFlags {
  ServerFlags server;
  std::string name;
  std::string role;
  std::string lifetime = "90d";
  std::string id;
  std::string format = "text";
};

records::Event audit_event(const char* action, util::TimePoint now, const std::string& message) {
  records::Event event{.at = now, .action = action};
  event.message = message;
  event.extra["author"] = operator_name();
  return event;
}

int create(const TokenFlags& flags) {
  const auto lifetime = util::parse_duration(flags.lifetime);
  if (!lifetime || lifetime->count() <= 0 || *lifetime > kLongest) {
    return fail(kUsage,
                "--for: expected a duration such as 90d, at most 3650d, saw \"" + flags.lifetime + "\"");
  }
  if (flags.name.find_first_not_of(" \t") == std::string::npos || flags.name.size() > kLongestName) {
    return fail(kUsage, "--name: expected who or what will use it, in at most " +
                            std::to_string(kLongestName) + " bytes, saw \"" + flags.name + "\"");
  }
  auto server = open_server_records(flags.server, records::OpenMode::existing);
  if (!server) return server.error();
  const auto now = util::SystemClock().now();
  const auto expires = now + *lifetime;
  auto event = audit_event("token-created", now,
                           operator_name() + " created the " + flags.role + " token \"" + flags.name +
                               "\" until " + util::to_rfc3339(expires));
  event.extra["name"] = flags.name;
  event.extra["role"] = flags.role;
  event.extra["expires"] = util::to_rfc3339(expires);
  const auto token = server->records->tokens().create(flags.name, *records::parse_role(flags.role), now,
                                                      expires, std::move(event));
  if (!token) return fail(kCannotWrite, token.error().message);
  const auto& id = token->record.id;
  if (print(token->secret + '\n') != kClean) {
    return fail(kCannotWrite,
                "the secret was not shown to anybody: revoke it with portcullis token revoke " + id);
  }
  std::fprintf(
      stderr,
      "Token %s (%s, %s), until %s. The line on stdout is its secret: it is shown this once and stored\n"
      "nowhere. Send it as `Authorization: Bearer SECRET`; end it with `portcullis token revoke %s`.\n",
      id.c_str(), flags.role.c_str(), safe_text(flags.name).c_str(), util::to_rfc3339(expires).c_str(),
      id.c_str());
  return kClean;
}

const char* state_of(const TokenRecord& token, util::TimePoint now) {
  if (token.revoked) return "revoked";
  return token.expires > now ? "active" : "expired";
}

std::string as_text(const TokenRecord& token, util::TimePoint now) {
  std::string text = safe_text(token.id) + "  " + std::string(to_string(token.role)) + ", " +
                     state_of(token, now) + ", " + safe_text(token.name) + "\n  created " +
                     util::to_rfc3339(token.created) + ", until " + util::to_rfc3339(token.expires) +
                     (token.last_used ? ", last used " + util::to_rfc3339(*token.last_used) : ", never used");
  if (token.revoked) text += ", revoked " + util::to_rfc3339(*token.revoked);
  return text + '\n';
}

nlohmann::ordered_json as_json(const TokenRecord& token, util::TimePoint now) {
  nlohmann::ordered_json json{{"id", safe_text(token.id)},
                              {"name", safe_text(token.name)},
                              {"role", to_string(token.role)},
                              {"state", state_of(token, now)},
                              {"created", util::to_rfc3339(token.created)},
                              {"expires", util::to_rfc3339(token.expires)}};
  if (token.last_used) json["last_used"] = util::to_rfc3339(*token.last_used);
  if (token.revoked) json["revoked"] = util::to_rfc3339(*token.revoked);
  return json;
}

int list(const TokenFlags& flags) {
  auto server = open_server_records(flags.server, records::OpenMode::existing_read_only);
  if (!server) return server.error();
  const auto tokens = server->records->tokens().list();
  if (!tokens) return fail(kCouldNotJudge, tokens.error().message);
  const auto now = util::SystemClock().now();
  auto json = nlohmann::ordered_json::array();
  std::string text;
  for (const auto& token : *tokens) {
    text += as_text(token, now);
    json.push_back(as_json(token, now));
  }
  if (flags.format == "json") return print(json.dump(2) + '\n');
  return print(text.empty() ? "no tokens\n" : text);
}

int revoke(const TokenFlags& flags) {
  auto server = open_server_records(flags.server, records::OpenMode::existing);
  if (!server) return server.error();
  auto& tokens = server->records->tokens();
  const auto known = tokens.list();
  if (!known) return fail(kCouldNotJudge, known.error().message);
  const auto found = std::ranges::find(*known, util::to_lower_ascii(flags.id), &TokenRecord::id);
  // Not quoted: it may be a secret that somebody pasted.
  if (found == known->end()) {
    return fail(kUsage, "there is no token with this id; `portcullis token list` shows them");
  }
  const auto now = util::SystemClock().now();
  auto event =
      audit_event("token-revoked", now, operator_name() + " revoked the token \"" + found->name + '"');
  event.extra["token"] = found->id;
  event.extra["name"] = found->name;
  event.extra["role"] = to_string(found->role);
  const auto revoked = tokens.revoke(found->id, now, event);
  if (!revoked) return fail(kCannotWrite, revoked.error().message);
  if (!*revoked) return fail(kUsage, "token " + found->id + " was revoked before");
  return print("revoked " + safe_text(found->id) + " (" + safe_text(found->name) + ")\n");
}

CLI::App* add_form(CLI::App& parent, const char* name, const char* help, int (*run)(const TokenFlags&),
                   const std::shared_ptr<TokenFlags>& flags, Action& action) {
  CLI::App* command = parent.add_subcommand(name, help);
  add_server_flags(*command, flags->server);
  command->callback([flags, run, &action] { action = [flags, run] { return run(*flags); }; });
  return command;
}

}  // namespace

void add_token(CLI::App& app, Action& action) {
  auto flags = std::make_shared<TokenFlags>();
  CLI::App* command = app.add_subcommand("token", "Make, list and revoke credentials of the admin side");
  CLI::App* creator = add_form(*command, "create", "Print the secret of a new token", create, flags, action);
  creator->add_option("--name", flags->name, "Who or what will use it")->type_name("NAME")->required();
  creator->add_option("--role", flags->role, "viewer: reads; operator: changes too")
      ->type_name("ROLE")
      ->required()
      ->check(CLI::IsMember({"viewer", "operator"}));
  creator->add_option("--for", flags->lifetime, "How long it is good, default 90d")->type_name("DURATION");
  CLI::App* lister = add_form(*command, "list", "Tokens, newest first; no secrets", list, flags, action);
  lister->add_option("--format", flags->format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  CLI::App* revoker = add_form(*command, "revoke", "End a token now", revoke, flags, action);
  revoker->add_option("ID", flags->id)->required();
  command->footer(
      "Examples:\n"
      "  TOKEN=$(portcullis token create --name ci --role viewer --for 30d)\n"
      "  curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:5050/api/v1/events");
  command->callback([command, &action] {
    if (!command->get_subcommands().empty()) return;
    action = [] {
      return fail(kUsage, "token: expected create, list or revoke (see portcullis token --help)");
    };
  });
}

}  // namespace portcullis::cli
