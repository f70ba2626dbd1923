// SPDX-License-Identifier: Apache-2.0
//
// Answers 401 challenges of one registry: docker token authentication (by password, or OAuth2 with an
// identity token), or Basic when credentials are configured. Credentials and tokens never leave for a host
// the operator did not name. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "challenge.hpp"
#include "login.hpp"
#include "portcullis/upstream/registry.hpp"
#include "transport.hpp"
#include "trouble.hpp"

namespace portcullis::upstream {

class Authenticator {
 public:
  Authenticator(const Options& options, Url registry, AddressRule foreign_addresses, Transport& transport,
                util::Metrics& metrics);

  /// What a request for `repository` should carry, as far as known from earlier challenges. Empty at
  /// first: nothing is sent before the registry asks.
  Authorization current(const std::string& repository);

  /// After a 401 with these `challenges` to a request that carried `rejected`: what to carry instead.
  Try<Authorization> answer(const std::vector<Challenge>& challenges, const std::string& repository,
                            const Authorization& rejected);

 private:
  struct TokenKey {
    std::string realm, service, scope;
    auto operator<=>(const TokenKey&) const = default;
  };
  /// Its mutex is held while a token is fetched, so that many who need it ask once.
  struct Token {
    std::mutex mutex;
    std::string text;
    std::chrono::steady_clock::time_point expires{};
    bool usable() const { return !text.empty() && std::chrono::steady_clock::now() < expires; }
  };

  Try<Authorization> answer_basic(const Authorization& rejected);
  Try<Login> login();
  Try<Url> permitted_realm(const std::string& realm) const;
  Try<Exchange> token_request(const TokenKey& key, const Url& realm);
  std::shared_ptr<Token> slot(const TokenKey& key);
  Try<void> refresh(const TokenKey& key, const Url& realm, Token& token);
  Try<void> request_token(const TokenKey& key, const Url& realm, Token& token);

  const Options& options_;
  const Url registry_;
  const AddressRule foreign_addresses_;
  Transport& transport_;
  util::Metrics& metrics_;
  LoginSource logins_;

  std::mutex mutex_;
  bool basic_ = false;                             ///< the registry asked for Basic before
  std::map<std::string, TokenKey> by_repository_;  ///< what it asked for last
  std::map<TokenKey, std::shared_ptr<Token>> tokens_;
};

}  // namespace portcullis::upstream
