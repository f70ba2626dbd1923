// SPDX-License-Identifier: Apache-2.0
//
// Requests to one registry: base URL, authentication, redirects, retries, counting.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "authenticator.hpp"
#include "health.hpp"
#include "portcullis/upstream/registry.hpp"
#include "transport.hpp"
#include "trouble.hpp"
#include "url.hpp"

namespace portcullis::upstream {

struct Call {
  Method method = Method::get;
  std::string kind;        ///< for the counter: manifest, blob, tags, referrers
  std::string repository;  ///< whose pull scope is needed
  std::string path;        ///< under `/v2/<repository>/`, already encoded
  std::string query;
  std::vector<std::string> headers;
  std::optional<std::chrono::milliseconds> total_timeout;
  decltype(Exchange::on_body) on_body;
};

class Client {
 public:
  Client(Options options, Url base, std::unique_ptr<Transport> transport, util::Metrics& metrics);

  const Options& options() const { return options_; }
  const Url& base() const { return base_; }
  Transport& transport() { return *transport_; }
  Health status() const { return health_.status(); }

  /// One try, authenticated, redirects followed. The head of a success.
  Try<Head> once(const Call& call);
  /// As often as it takes; before each try `reset` is called.
  Try<Head> persist(const Call& call, const std::function<void()>& reset);

 private:
  struct Reached {
    Head head;
    bool own_origin = true;  ///< answered by the registry itself, not by where it sent us
  };
  Try<Head> attempt(const Call& call);
  Try<Reached> follow(const Call& call, const Authorization& authorization);
  Try<Head> unless_closed(const Call& call);

  const Options options_;
  const Url base_;
  util::Metrics& metrics_;
  const std::unique_ptr<Transport> transport_;
  const AddressRule foreign_addresses_;
  Authenticator authenticator_;
  HealthBook health_;
};

}  // namespace portcullis::upstream
