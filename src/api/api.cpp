// SPDX-License-Identifier: Apache-2.0
//
// The table of routes, and the way of a request through it.
#include "portcullis/api/api.hpp"

#include <array>
#include <exception>
#include <span>

#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"
#include "service.hpp"

namespace portcullis::api {
namespace {

using records::Role;

enum class TakesBody { no, yes };

struct Route {
  std::string_view method;
  std::string_view pattern;
  std::optional<Role> role;
  Handler handler;
  std::vector<std::string_view> parameters = {};
  TakesBody body = TakesBody::no;
};

/// What a list of pulls can be narrowed by.
#define PORTCULLIS_PULL_FILTERS \
  "from", "until", "action", "host", "repository", "manifest", "client", "user", "rule", "text"
#define PORTCULLIS_EVENT_FILTERS                                                                         \
  "from", "until", "action", "host", "repository", "manifest", "decision", "client", "rule", "severity", \
      "text"

const std::vector<Route>& table() {
  static const std::vector<Route> routes = {
      {"GET", "/openapi.json", std::nullopt, get_openapi},
      {"GET", "/session", Role::viewer, get_session},
      {"POST", "/session", Role::viewer, create_session},
      {"DELETE", "/session", std::nullopt, delete_session},
      {"GET", "/overview", Role::viewer, get_overview, {"from", "until", "range", "width", "limit"}},
      {"GET", "/status", Role::viewer, get_status},
      {"GET", "/pulls", Role::viewer, list_pulls, {PORTCULLIS_PULL_FILTERS, "cursor", "limit"}},
      {"GET", "/export", Role::viewer, export_pulls, {PORTCULLIS_PULL_FILTERS, "format"}},
      {"GET", "/decisions/{id}", Role::viewer, get_decision},
      {"GET",
       "/images",
       Role::viewer,
       list_images,
       {"host", "repository", "text", "digest", "file_hash", "path", "rule", "client", "waiver", "action",
        "order", "cursor", "limit"}},
      {"GET", "/images/{digest}", Role::viewer, get_image, {"host", "repository"}},
      {"POST", "/images/rescan", Role::operator_, rescan_image, {}, TakesBody::yes},
      {"GET", "/layers/{digest}", Role::viewer, get_layer, {"cursor", "limit"}},
      {"GET", "/layers/{digest}/files", Role::viewer, list_layer_files, {"cursor", "limit"}},
      {"GET", "/files", Role::viewer, find_files, {"hash", "path", "limit"}},
      {"GET", "/events", Role::viewer, list_events, {PORTCULLIS_EVENT_FILTERS, "cursor", "limit"}},
      {"GET", "/events/stream", Role::viewer, stream_events, {"action", "severity", "after"}},
      {"GET", "/rules", Role::viewer, list_rules, {"text", "file", "from", "until"}},
      {"POST", "/rules/reload", Role::operator_, reload_rules},
      {"PUT", "/rules/settings/{file}/{rule}", Role::operator_, set_rule, {}, TakesBody::yes},
      {"DELETE", "/rules/settings/{file}/{rule}", Role::operator_, restore_rule, {"reason"}},
      {"POST", "/rules/bench", Role::operator_, bench_rules},
      {"GET", "/waivers", Role::viewer, list_waivers, {"state", "expires_before", "cursor", "limit"}},
      {"GET", "/waivers/{id}", Role::viewer, get_waiver},
      {"POST", "/waivers", Role::operator_, create_waiver, {}, TakesBody::yes},
      {"POST", "/waivers/preview", Role::operator_, preview_waiver, {}, TakesBody::yes},
      {"POST", "/waivers/{id}/revoke", Role::operator_, revoke_waiver, {}, TakesBody::yes},
      {"GET", "/retro-alerts", Role::viewer, list_retro_alerts, {"state", "cursor", "limit"}},
      {"GET", "/retro-alerts/{id}", Role::viewer, get_retro_alert},
      {"POST", "/retro-alerts/{id}/close", Role::operator_, close_retro_alert, {}, TakesBody::yes},
      {"GET", "/policy", Role::viewer, get_policy},
      {"GET", "/client-config", Role::viewer, get_client_config, {"client", "url"}},
      {"POST", "/canary", Role::operator_, check_canary},
      {"GET", "/tokens", Role::operator_, list_tokens},
      {"POST", "/tokens", Role::operator_, create_token, {}, TakesBody::yes},
      {"DELETE", "/tokens/{id}", Role::operator_, revoke_token},
  };
  return routes;
}

using Parameters = std::map<std::string, std::string, std::less<>>;

/// The decoded values of a path that a pattern fits. Of two patterns, find_route() takes the one with fewer
/// names in it.
std::optional<Parameters> fit(std::string_view pattern, std::string_view path) {
  const auto wanted = util::split(pattern, '/');
  const auto given = util::split(path, '/');
  if (wanted.size() != given.size()) return std::nullopt;
  Parameters values;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto part = wanted[i];
    if (!part.starts_with('{')) {
      if (part != given[i]) return std::nullopt;
      continue;
    }
    auto value = percent_decode(given[i]);
    if (!value || value->empty() || value->size() > kMaxValue) return std::nullopt;
    values.emplace(part.substr(1, part.size() - 2), *std::move(value));
  }
  return values;
}

struct Found {
  const Route* route = nullptr;
  Parameters path = {};
  std::string methods = {};  ///< that the path has, when the route is none
};

Found find_route(std::string_view method, std::string_view path) {
  Found found;
  for (const auto& route : table()) {
    auto values = fit(route.pattern, path);
    if (!values) continue;
    if (route.method == method) {
      if (found.route == nullptr || values->size() < found.path.size()) {
        found.route = &route;
        found.path = *std::move(values);
      }
      continue;
    }
    if (found.methods.find(route.method) != std::string::npos) continue;
    found.methods.append(found.methods.empty() ? "" : ", ").append(route.method);
  }
  return found;
}

Outcome<void> check_role(const Route& route, const std::optional<records::TokenRecord>& caller) {
  if (!route.role) return {};
  if (!caller) {
    return refuse(401, "Log in first",
                  "send a token as \"Authorization: Bearer pct_...\", or log in; `portcullis token create` "
                  "makes one");
  }
  if (*route.role == Role::operator_ && caller->role != Role::operator_) {
    return refuse(403, "Not allowed",
                  "this needs the role operator, and token \"" + hostile(caller->name) + "\" is a " +
                      std::string(records::to_string(caller->role)));
  }
  return {};
}

class ApiImpl final : public Api {
 public:
  ApiImpl(const Parts& parts, const Options& options) : service_(parts, options) {}

  Answer answer(const Request& request) override {
    const std::string_view target = request.target;
    const auto question = target.find('?');
    const auto path = target.substr(0, question);
    try {
      auto outcome =
          answer(request, path, question == target.npos ? std::string_view() : target.substr(question + 1));
      if (outcome) return *std::move(outcome);
      return render(outcome.error(), path);
    } catch (const std::exception& e) {
      util::log::error("admin request failed", {{"path", path}, {"error", e.what()}});
      return problem(500, "Internal error", "this is a mistake in Portcullis; its log says more", path);
    }
  }

  void stop() override { service_.feed.stop(); }

 private:
  Outcome<Answer> answer(const Request& request, std::string_view path, std::string_view query) {
    if (!path.starts_with(kPrefix)) return not_found("no such page");
    const auto method = request.method == "HEAD" ? std::string_view("GET") : request.method;
    auto found = find_route(method, path.substr(kPrefix.size()));
    if (found.route == nullptr && found.methods.empty()) {
      return not_found("there is no such route; /api/v1/openapi.json lists them");
    }
    if (found.route == nullptr) {
      auto answer = problem(405, "Method not allowed", "this route has " + found.methods, path);
      answer.headers.emplace_back("Allow", found.methods);
      return answer;
    }
    if (auto allowed = check_role(*found.route, request.caller); !allowed) {
      return tl::unexpected(allowed.error());
    }
    auto parsed = Query::parse(query, found.route->parameters);
    if (!parsed) return tl::unexpected(parsed.error());
    if (found.route->body == TakesBody::no && !request.body.empty()) {
      return bad_request("this route takes no body");
    }
    Call call{request, *std::move(parsed), std::move(found.path)};
    auto outcome = found.route->handler(service_, call);
    return outcome;
  }

  static Answer render(const Problem& trouble, std::string_view path) {
    auto answer = problem(trouble.status, trouble.title, trouble.detail, path);
    if (trouble.status == 401) answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"Portcullis\"");
    return answer;
  }

  Service service_;
};

}  // namespace

Service::Service(const Parts& parts_in, const Options& options_in)
    : parts(parts_in),
      options(options_in),
      started(parts_in.clock->now()),
      feed(*parts_in.records, options_in.max_streams) {}

Answer json_answer(const Json& json, int status) {
  return {.status = status,
          .content_type = "application/json",
          .body = json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n"};
}

Answer problem(int status, std::string_view title, std::string_view detail, std::string_view instance) {
  const Json json = {{"type", "about:blank"},
                     {"title", title},
                     {"status", status},
                     {"detail", finished(detail)},
                     {"instance", hostile(instance)}};
  auto answer = json_answer(json, status);
  answer.content_type = "application/problem+json";
  return answer;
}

records::Event audit_event(const Service& service, const Call& call, std::string action,
                           std::string message) {
  records::Event event;
  event.at = service.now();
  event.action = std::move(action);
  event.message = std::move(message);
  event.client_address = call.request.address;
  if (const auto& caller = call.request.caller) {
    event.client_user = caller->name;
    event.extra["by.token"] = caller->id;
  }
  return event;
}

std::vector<RouteInfo> routes() {
  std::vector<RouteInfo> all;
  for (const auto& route : table()) {
    all.push_back({route.method, route.pattern, route.parameters, route.role, route.body == TakesBody::yes});
  }
  return all;
}

std::unique_ptr<Api> make_api(const Parts& parts, const Options& options) {
  return std::make_unique<ApiImpl>(parts, options);
}

}  // namespace portcullis::api
