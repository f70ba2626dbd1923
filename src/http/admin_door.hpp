// SPDX-License-Identifier: Apache-2.0
//
// Who comes in on the admin side. Everybody needs a token: as `Authorization: Bearer`, or in the cookie that
// POST /api/v1/session sets for a browser. The cookie holds the token itself, so a session ends when its
// token is revoked or expires and survives a restart; scripts cannot read it, and no other site makes a
// browser send it (SameSite=Strict). Beside that each request must name a host that is ours (DNS rebinding),
// and one that changes something must come from a page of ours (Origin), as far as a browser says where it
// comes from.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_set>

#include "guess_limit.hpp"
#include "log_throttle.hpp"
#include "message.hpp"
#include "portcullis/http/server.hpp"
#include "portcullis/util/metrics.hpp"

namespace portcullis::http {

/// Thread-safe.
class AdminDoor {
 public:
  AdminDoor(const AdminOptions& options, records::Tokens& tokens, const util::Clock& clock,
            util::Metrics& metrics);

  /// Whose request it is; nullopt when no credentials came along. Else the answer that turns it away.
  tl::expected<std::optional<records::TokenRecord>, Answer> admit(const Request& request);

  /// Set-Cookie of a log-in with the token of `request`, and of a log-out.
  std::string session_cookie(const Request& request, const records::TokenRecord& token) const;
  std::string no_session_cookie() const;

 private:
  struct Credentials {
    std::string secret = {};  ///< empty: none
    bool from_cookie = false;
  };

  static Credentials credentials_of(const Request& request);
  bool is_our_host(std::string_view host) const;
  std::optional<Answer> check_source(const Request& request, const Credentials& credentials);
  Answer refuse(const Request& request, int status, std::string_view title, std::string_view detail,
                std::string_view reason);

  const std::vector<std::string> hosts_;
  const bool tls_;
  records::Tokens& tokens_;
  const util::Clock& clock_;
  util::Metrics& metrics_;
  LogThrottle throttle_;
  std::mutex mutex_;
  GuessLimit guesses_;
  std::unordered_set<std::string>
      known_good_;  ///< ids of tokens: who has one is not held up by others' guesses
};

}  // namespace portcullis::http
