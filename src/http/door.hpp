// SPDX-License-Identifier: Apache-2.0
//
// Who may pull. A client gets in by its address (`allow`), else by a password (`htpasswd`). Where
// client certificates are required, TLS has asked for one before that, and it replaces neither.
//
// A refusal on the mirror route takes the shape that makes the client stop there, and never that of a
// challenge: dockerd answers one by going to the origin. Only the prefix route and `/v2/` challenge;
// clients that were told the host ask `/v2/` first and keep to what it says. A password that comes
// along unasked counts on every route.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "block_style.hpp"
#include "log_throttle.hpp"
#include "message.hpp"
#include "password_check.hpp"
#include "portcullis/http/server.hpp"
#include "portcullis/util/metrics.hpp"
#include "route.hpp"

namespace portcullis::http {

enum class Certificates { none, required };

/// Thread-safe.
class Door {
 public:
  struct Rules {
    std::vector<Network> allow;
    std::unique_ptr<PasswordCheck> passwords;  ///< null: none are accepted
    Certificates certificates = Certificates::none;
  };

  /// Reads the password file.
  static util::Result<std::shared_ptr<Rules>> prepare(const AccessOptions& options,
                                                      Certificates certificates);

  /// `metrics` outlives it.
  Door(std::shared_ptr<Rules> rules, util::Metrics& metrics) : metrics_(metrics), rules_(std::move(rules)) {}

  /// From the next request on.
  void use(std::shared_ptr<Rules> rules);

  /// The user, empty when an address was enough; or the answer that turns the client away. Checking a
  /// password takes a while: for worker threads.
  tl::expected<std::string, Answer> admit(const Request& request, const std::string& default_host,
                                          const Aliases& aliases);

 private:
  /// What somebody asks for, as far as the door is concerned.
  struct Errand {
    bool needs_entry = false;
    const Route* route = nullptr;     ///< null: `/v2/`
    std::optional<Asked> asked = {};  ///< a manifest or blob: who asks is told no in its own way
    std::optional<oci::Digest> digest = {};

    bool may_challenge() const { return route == nullptr || route->kind == RouteKind::prefix; }
  };

  static Errand errand_of(const Destination& destination);
  std::shared_ptr<Rules> rules() const;
  tl::expected<std::string, Answer> admit(const Request& request, const Errand& errand, Rules& rules);
  tl::expected<std::string, Answer> log_in(const Request& request, const Errand& errand, Rules& rules);
  Answer refuse(const Request& request, const Errand& errand, const std::string& message);
  void note(const Request& request, std::string_view reason, std::string_view user = {});

  util::Metrics& metrics_;
  LogThrottle throttle_;
  mutable std::mutex mutex_;
  std::shared_ptr<Rules> rules_;
};

}  // namespace portcullis::http
