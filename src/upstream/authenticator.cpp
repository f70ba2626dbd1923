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
      metrics_(metrics) {}

Authorization Authenticator::current(const std::string& repository) {
  std::shared_ptr<Token> token;
  {
    const std::lock_guard lock(mutex_);
    if (basic_) return {{}, options_.credentials};
    const auto known = by_repository_.find(repository);
    if (known == by_repository_.end()) return {};
    const auto slot = tokens_.find(known->second);
    if (slot == tokens_.end()) return {};
    token = slot->second;
  }
  const std::lock_guard lock(token->mutex);
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
    if (key.scope.empty()) key.scope = "repository:" + repository + ":pull";
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
  if (!options_.credentials) {
    return trouble(ErrorKind::denied, "it wants a user name and a password; configure credentials for it");
  }
  if (rejected.basic) {
    return trouble(ErrorKind::denied, "the configured credentials were refused (HTTP 401)");
  }
  const std::lock_guard lock(mutex_);
  basic_ = true;
  return Authorization{{}, options_.credentials};
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
  auto url = with_query(realm, "scope", key.scope);
  if (url && !key.service.empty()) url = with_query(*url, "service", key.service);
  if (!url) return trouble(ErrorKind::corrupt, where + url.error().message);

  std::string body;
  Exchange exchange;
  exchange.url = std::move(*url);
  exchange.headers = {"Accept: application/json"};
  exchange.authorization.basic = options_.credentials;
  exchange.addresses = realm.host == registry_.host ? AddressRule::anywhere : foreign_addresses_;
  exchange.total_timeout = kTokenTimeout;
  exchange.on_body = [&body](const Head&, std::span<const std::byte> bytes) -> util::Result<void> {
    if (body.size() + bytes.size() > kMaxTokenAnswer) {
      return util::fail(ErrorKind::limit, "the token answer is larger than 256 KiB");
    }
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  };
  auto head = transport_.perform(exchange);
  if (!head) {
    Broken broken = std::move(head.error());
    broken.error.message.insert(0, where);
    return trouble(broken);
  }
  if (!head->ok()) {
    Trouble out = judge_status(*head);
    // A token service that does not know a path is no statement about the image.
    if (out.failure.kind == ErrorKind::absent) out.failure.kind = ErrorKind::denied;
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

}  // namespace portcullis::upstream
