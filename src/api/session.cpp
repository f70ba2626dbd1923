// SPDX-License-Identifier: Apache-2.0
//
// Who is logged in, and the tokens that let people in. The cookie itself is http's.
#include "body.hpp"
#include "service.hpp"

#include "portcullis/util/text.hpp"

namespace portcullis::api {
namespace {

constexpr std::size_t kMaxTokenName = 100;
constexpr std::chrono::hours kLongest{24 * 366};
constexpr std::chrono::hours kDefault{24 * 90};

}  // namespace

Outcome<Answer> get_session(Service&, Call& call) { return json_answer(to_json(*call.request.caller)); }

Outcome<Answer> create_session(Service&, Call& call) {
  return json_answer(to_json(*call.request.caller), 201);
}

Outcome<Answer> delete_session(Service&, Call&) { return Answer{.status = 204}; }

Outcome<Answer> list_tokens(Service& service, Call&) {
  const auto tokens = service.parts.records->tokens().list();
  if (!tokens) return unavailable("tokens", tokens.error());
  return json_answer({{"tokens", list(*tokens)}});
}

Outcome<Answer> create_token(Service& service, Call& call) {
  static constexpr std::string_view kMembers[] = {"name", "role", "expires"};
  const auto body = Body::parse(call.request, kMembers);
  if (!body) return tl::unexpected(body.error());
  const auto& name = body->text("name");
  if (name.empty() || name.size() > kMaxTokenName) {
    return bad_request("name: expected whose token it is, at most " + std::to_string(kMaxTokenName) +
                       " bytes, saw " + std::to_string(name.size()));
  }
  const auto role = records::parse_role(body->text("role"));
  if (!role) {
    return bad_request("role: expected viewer or operator, saw \"" + hostile(body->text("role")) + "\"");
  }
  const auto now = service.now();
  auto expires = now + kDefault;
  if (const auto& text = body->text("expires"); !text.empty()) {
    const auto until = parse_until(text, now);
    if (!until || *until <= now || *until > now + kLongest) {
      return bad_request("expires: expected a time within a year, or a duration such as 90d, saw \"" +
                         hostile(text) + "\"");
    }
    expires = *until;
  }
  const auto made = service.parts.records->tokens().create(
      name, *role, now, expires,
      audit_event(service, call, "token-created",
                  "token for " + hostile(name) + ", " + std::string(records::to_string(*role))));
  if (!made) return unavailable("the token was not created", made.error());
  auto json = to_json(made->record);
  json["secret"] = made->secret;
  return json_answer(json, 201);
}

Outcome<Answer> revoke_token(Service& service, Call& call) {
  const auto& id = call.path.find("id")->second;
  auto event = audit_event(service, call, "token-revoked", "token " + hostile(id) + " is revoked");
  event.extra["token"] = id;
  const auto revoked = service.parts.records->tokens().revoke(id, service.now(), event);
  if (!revoked) return unavailable("the token was not revoked", revoked.error());
  if (!*revoked) return not_found("there is no token " + hostile(id) + ", or it is revoked already");
  return Answer{.status = 204};
}

}  // namespace portcullis::api
