// SPDX-License-Identifier: Apache-2.0
#include "authenticator.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "address.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::upstream {
namespace {

using std::chrono::seconds;
using util::ErrorKind;

constexpr std::size_t kMaxTokenAnswer = 256 * 1024;
constexpr std::size_t kMaxChallengeText = 2048;
constexpr std::size_t kMaxRemembered = 4096;
constexpr std::chrono::milliseconds kTokenTimeout{30'000};
/// "If omitted, this defaults to 60 seconds" (docker token specification).
constexpr std::int64_t kDefaultLifetime = 60;
constexpr std::int64_t kLongestLifetime = 3600;
/// A token is renewed this long before it expires, so that it does not expire on its way.
constexpr std::int64_t kSlack = 10;

bool is_plain_loopback(const Url& url) {
  return !url.is_https() && host_kind(url.host) == HostKind::loopback;
}

/// Tokens become a header line: visible ASCII only.
bool is_token_text(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// The scope a challenge names, with no more than pulling asked for: an upstream must not talk us into
/// a token that can push. Scopes that are not of the form `repository:NAME:ACTIONS` (such as `aws`) stay.
std::string pull_only(const std::string& scope) {
  std::string reduced;
  for (const auto part : util::split(scope, ' ')) {
    const auto last = part.rfind(':');
    const bool of_repository = part.starts_with("repository:") && last > part.find(':');
    reduced.append(reduced.empty() ? "" : " ").append(of_repository ? part.substr(0, last) : part);
    if (of_repository) reduced.append(":pull");
  }
  return reduced;
}

std::string string_member(const nlohmann::json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace

Authenticator::Authenticator(const Options& options, Url registry, AddressRule foreign_addresses,
                             Transport& transport, util::Metrics& metrics)
    : options_(options),
      registry_(std::move(registry)),
      foreign_addresses_(foreign_addresses),
      transport_(transport),
      metrics_(metrics),
      logins_(options_, registry_) {}

Authorization Authenticator::current(const std::string& repository) {
  std::shared_ptr<Token> token;
  std::unique_lock lock(mutex_);
  if (basic_) {
    lock.unlock();
    const auto known = logins_.get();
    return known ? Authorization{{}, known->basic} : Authorization{};
  }
  {
    const auto known = by_repository_.find(repository);
    if (known == by_repository_.end()) return {};
    const auto slot = tokens_.find(known->second);
    if (slot == tokens_.end()) return {};
    token = slot->second;
  }
  lock.unlock();
  const std::lock_guard token_lock(token->mutex);
  if (!token->usable()) return {};  // the next 401 gets a new one
  return {token->text, std::nullopt};
}

Try<Authorization> Authenticator::answer(const std::vector<Challenge>& challenges,
                                         const std::string& repository, const Authorization& rejected) {
  const auto asked = [&challenges](std::string_view scheme) {
    return std::find_if(challenges.begin(), challenges.end(),
                        [scheme](const Challenge& c) { return c.scheme == scheme; });
  };
  if (const auto bearer = asked("bearer"); bearer != challenges.end()) {
    auto realm = permitted_realm(bearer->param("realm"));
    if (!realm) return tl::unexpected(realm.error());
    TokenKey key{realm->text(), bearer->param("service"), bearer->param("scope")};
    key.scope = key.scope.empty() ? "repository:" + repository + ":pull" : pull_only(key.scope);
    if (key.realm.size() + key.service.size() + key.scope.size() > kMaxChallengeText) {
      return trouble(ErrorKind::corrupt, "the authentication challenge is too long");
    }
    const auto token = slot(key);
    const std::lock_guard lock(token->mutex);
    if (!token->usable() || token->text == rejected.bearer) {
      if (auto fresh = refresh(key, *realm, *token); !fresh) return tl::unexpected(fresh.error());
    }
    const std::lock_guard remember(mutex_);
    if (by_repository_.size() >= kMaxRemembered) by_repository_.clear();
    by_repository_.insert_or_assign(repository, std::move(key));
    return Authorization{token->text, std::nullopt};
  }
  if (asked("basic") == challenges.end()) {
    return trouble(ErrorKind::denied,
                   "access denied (HTTP 401), and no known way to authenticate was offered");
  }
  return answer_basic(rejected);
}

Try<Authorization> Authenticator::answer_basic(const Authorization& rejected) {
  if (rejected.basic) {
    logins_.refused();
    return trouble(ErrorKind::denied, "the configured credentials were refused (HTTP 401)");
  }
  auto known = login();
  if (!known) return tl::unexpected(known.error());
  if (!known->basic) {
    return trouble(ErrorKind::denied, "it wants a user name and a password; configure credentials for it");
  }
  const std::lock_guard lock(mutex_);
  basic_ = true;
  return Authorization{{}, std::move(known->basic)};
}

/// Credentials that cannot be had are our own trouble, not the registry's no.
Try<Login> Authenticator::login() {
  auto known = logins_.get();
  if (known) return *std::move(known);
  return trouble(ErrorKind::internal, "its credentials cannot be had: " + known.error().message);
}

Try<Url> Authenticator::permitted_realm(const std::string& text) const {
  auto realm = parse_url(text);
  if (!realm) return trouble(ErrorKind::denied, "its token realm is refused: " + realm.error().message);
  const bool named = std::any_of(options_.token_hosts.begin(), options_.token_hosts.end(),
                                 [&realm](const std::string& host) {
                                   const std::string wanted = util::to_lower_ascii(host);
                                   return wanted == realm->host || wanted == realm->authority();
                                 });
  if (realm->host != registry_.host && !named) {
    return trouble(ErrorKind::denied, "it wants a token fetched from the foreign host " + realm->authority() +
                                          ", refused; if that host belongs to it, add it to token_hosts");
  }
  if (!realm->is_https() && !is_plain_loopback(registry_)) {
    return trouble(ErrorKind::denied,
                   "it wants a token fetched over plain http from " + realm->authority() + ", refused");
  }
  return std::move(*realm);
}

std::shared_ptr<Authenticator::Token> Authenticator::slot(const TokenKey& key) {
  const std::lock_guard lock(mutex_);
  if (tokens_.size() >= kMaxRemembered) tokens_.clear();
  auto& token = tokens_[key];
  if (!token) token = std::make_shared<Token>();
  return token;
}

Try<void> Authenticator::refresh(const TokenKey& key, const Url& realm, Token& token) {
  token.text.clear();
  auto result = request_token(key, realm, token);
  metrics_.count("portcullis_upstream_requests_total",
                 {{"upstream", options_.name},
                  {"kind", "token"},
                  {"result", result ? "ok" : util::to_string(result.error().failure.kind)}});
  return result;
}

Try<void> Authenticator::request_token(const TokenKey& key, const Url& realm, Token& token) {
  const std::string where = "token from " + realm.origin() + ": ";
  auto exchange = token_request(key, realm);
  if (!exchange) {
    exchange.error().failure.message.insert(0, where);
    return tl::unexpected(std::move(exchange.error()));
  }
  std::string body;
  exchange->on_body = [&body](const Head&, std::span<const std::byte> bytes) -> util::Result<void> {
    if (body.size() + bytes.size() > kMaxTokenAnswer) {
      return util::fail(ErrorKind::limit, "the token answer is larger than 256 KiB");
    }
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  };
  auto head = transport_.perform(*exchange);
  if (!head) {
    Broken broken = std::move(head.error());
    broken.error.message.insert(0, where);
    return trouble(broken);
  }
  if (!head->ok()) {
    Trouble out = judge_status(*head);
    // A token service that does not know a path is no statement about the image.
    if (out.failure.kind == ErrorKind::absent) out.failure.kind = ErrorKind::denied;
    if (out.failure.kind == ErrorKind::denied) logins_.refused();
    out.failure.message.insert(0, where);
    return tl::unexpected(std::move(out));
  }
  const auto answer = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) return trouble(ErrorKind::corrupt, where + "the answer is not a JSON object");
  std::string text = string_member(answer, "token");
  if (text.empty()) text = string_member(answer, "access_token");
  if (!is_token_text(text)) return trouble(ErrorKind::corrupt, where + "the answer holds no usable token");

  std::int64_t lifetime = kDefaultLifetime;
  if (const auto it = answer.find("expires_in"); it != answer.end() && it->is_number()) {
    lifetime =
        static_cast<std::int64_t>(std::clamp(it->get<double>(), 0.0, static_cast<double>(kLongestLifetime)));
  }
  token.text = std::move(text);
  token.expires = std::chrono::steady_clock::now() + seconds(std::max<std::int64_t>(0, lifetime - kSlack));
  return {};
}

/// GET with the password as docker does it, or OAuth2 when there is an identity token
/// (distribution/docs/spec/auth/oauth.md).
Try<Exchange> Authenticator::token_request(const TokenKey& key, const Url& realm) {
  auto known = login();
  if (!known) return tl::unexpected(known.error());
  Exchange exchange;
  exchange.url = realm;
  exchange.headers = {"Accept: application/json"};
  exchange.addresses = realm.host == registry_.host ? AddressRule::anywhere : foreign_addresses_;
  exchange.total_timeout = kTokenTimeout;
  std::vector<std::pair<std::string, std::string>> fields{{"scope", key.scope}};
  if (!key.service.empty()) fields.emplace_back("service", key.service);
  if (known->identity_token.empty()) {
    exchange.authorization.basic = std::move(known->basic);
    for (const auto& [name, value] : fields) {
      auto longer = with_query(exchange.url, name, value);
      if (!longer) return trouble(ErrorKind::corrupt, longer.error().message);
      exchange.url = std::move(*longer);
    }
    return exchange;
  }
  fields.emplace_back("grant_type", "refresh_token");
  fields.emplace_back("client_id", "portcullis");
  fields.emplace_back("refresh_token", known->identity_token);
  exchange.method = Method::post;
  for (const auto& [name, value] : fields) {
    auto pair = form_field(name, value);
    if (!pair) return trouble(ErrorKind::internal, pair.error().message);
    exchange.form.append(exchange.form.empty() ? "" : "&").append(*pair);
  }
  return exchange;
}

}  // namespace portcullis::upstream
