// SPDX-License-Identifier: Apache-2.0
#include "admin_door.hpp"

#include <algorithm>

#include "api_answer.hpp"
#include "portcullis/http/network.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

constexpr std::string_view kCookie = "portcullis_session";
constexpr std::string_view kBearer = "bearer ";
constexpr std::chrono::seconds kLongestCookie{30 * 24 * 3600};
constexpr std::size_t kRemembered = 256;
constexpr std::size_t kTokenIdEnd = 14;  ///< "pct_" and ten characters

std::string site_of(const std::string& client) {
  const auto address = IpAddress::parse(client);
  return address ? address->site() : client;
}

/// `name` of `name:port`, `[::1]:port`; in lower case, without brackets.
std::string host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    return util::to_lower_ascii(authority.substr(1, authority.find(']') - 1));
  }
  return util::to_lower_ascii(authority.substr(0, authority.find(':')));
}

bool changes_something(const Request& request) { return request.method != "GET" && !request.is_head(); }

/// `scheme://` before, nothing behind the authority; empty when it is no such thing ("null").
std::string_view authority_of(std::string_view origin) {
  const auto start = origin.find("://");
  return start == origin.npos ? std::string_view() : origin.substr(start + 3);
}

std::string_view cookie_of(const Request& request) {
  for (const auto& [name, value] : request.headers) {
    if (name != "cookie") continue;
    for (auto item : util::split(value, ';')) {
      item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
      const auto equals = item.find('=');
      if (equals != item.npos && item.substr(0, equals) == kCookie) return item.substr(equals + 1);
    }
  }
  return {};
}

}  // namespace

AdminDoor::AdminDoor(const AdminOptions& options, records::Tokens& tokens, const util::Clock& clock,
                     util::Metrics& metrics)
    : hosts_([&] {
        std::vector<std::string> hosts{"localhost", util::to_lower_ascii(options.listen.host)};
        for (const auto& host : options.hosts) hosts.push_back(host_of(host));
        return hosts;
      }()),
      tls_(options.listen.tls.has_value()),
      tokens_(tokens),
      clock_(clock),
      metrics_(metrics),
      guesses_(GuessLimits{}) {}

/// An address is no name that somebody's DNS could lead here.
bool AdminDoor::is_our_host(std::string_view host) const {
  const auto name = host_of(host);
  return IpAddress::parse(name).has_value() || std::ranges::find(hosts_, name) != hosts_.end();
}

AdminDoor::Credentials AdminDoor::credentials_of(const Request& request) {
  const auto authorization = request.header("authorization");
  if (util::to_lower_ascii(authorization.substr(0, kBearer.size())) == kBearer) {
    return {std::string(authorization.substr(kBearer.size())), false};
  }
  if (!authorization.empty()) return {"of another kind", false};  // no token looks like that
  return {std::string(cookie_of(request)), true};
}

tl::expected<std::optional<records::TokenRecord>, Answer> AdminDoor::admit(const Request& request) {
  const auto credentials = credentials_of(request);
  if (auto turned_away = check_source(request, credentials)) return tl::unexpected(*std::move(turned_away));
  if (credentials.secret.empty()) return std::nullopt;

  const auto site = site_of(request.client);
  const auto id = credentials.secret.substr(0, kTokenIdEnd);
  {
    const std::lock_guard lock(mutex_);
    if (guesses_.is_guessing(site, GuessLimit::Clock::now()) && !known_good_.contains(id)) {
      auto answer = refuse(request, 429, "Too many wrong tokens",
                           "too many wrong tokens from this address, try again in a minute", "guessing");
      answer.headers.emplace_back("Retry-After", "60");
      return tl::unexpected(std::move(answer));
    }
  }
  auto token = tokens_.verify(credentials.secret, clock_.now());
  if (!token) {
    return tl::unexpected(
        refuse(request, 503, "Portcullis cannot answer now", token.error().message, "records"));
  }
  const std::lock_guard lock(mutex_);
  if (*token) {
    if (known_good_.size() >= kRemembered) known_good_.clear();
    known_good_.insert(id);
    return **std::move(token);
  }
  known_good_.erase(id);
  guesses_.note_failure(site, GuessLimit::Clock::now());
  auto answer = refuse(request, 401, "Log in again", "the token is wrong, expired or revoked", "wrong_token");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"Portcullis\", error=\"invalid_token\"");
  if (credentials.from_cookie) answer.headers.emplace_back("Set-Cookie", no_session_cookie());
  return tl::unexpected(std::move(answer));
}

std::optional<Answer> AdminDoor::check_source(const Request& request, const Credentials& credentials) {
  const auto host = request.header("host");
  if (!is_our_host(host)) {
    return refuse(request, 421, "Not a name of this server",
                  "Host " + std::string(host) + " is not one of [admin] hosts in the configuration", "host");
  }
  if (!changes_something(request)) return std::nullopt;
  const auto origin = request.header("origin");
  if (origin.empty()) {
    // No browser leaves it out here; and only a browser sends a cookie of its own accord.
    if (credentials.from_cookie && !credentials.secret.empty()) {
      return refuse(request, 403, "From elsewhere", "a change with a session cookie needs an Origin",
                    "origin");
    }
    return std::nullopt;
  }
  const auto ours = (tls_ ? origin.starts_with("https://") : true) && authority_of(origin) == host;
  if (ours) return std::nullopt;
  return refuse(request, 403, "From elsewhere",
                "this request was made by a page of " + std::string(origin) + ", not by one of this server",
                "origin");
}

std::string AdminDoor::session_cookie(const Request& request, const records::TokenRecord& token) const {
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(token.expires - clock_.now());
  return std::string(kCookie) + "=" + credentials_of(request).secret +
         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" +
         std::to_string(std::min(left, kLongestCookie).count()) + (tls_ ? "; Secure" : "");
}

std::string AdminDoor::no_session_cookie() const {
  return std::string(kCookie) + "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0" + (tls_ ? "; Secure" : "");
}

Answer AdminDoor::refuse(const Request& request, int status, std::string_view title, std::string_view detail,
                         std::string_view reason) {
  metrics_.count("portcullis_admin_refused_total", {{"reason", reason}});
  const auto path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (throttle_.admits(site_of(request.client) + " " + std::string(reason))) {
    util::log::warn("admin request refused", {{"client", request.client},
                                              {"reason", reason},
                                              {"path", path},
                                              {"host", request.header("host")},
                                              {"origin", request.header("origin")}});
  }
  return api_answer(api::problem(status, title, detail, path));
}

}  // namespace portcullis::http
