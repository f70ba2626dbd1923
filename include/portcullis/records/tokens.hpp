// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/records/events.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::records {

enum class Role { viewer, operator_ };

std::string_view to_string(Role role) noexcept;  ///< "viewer", "operator"
std::optional<Role> parse_role(std::string_view text) noexcept;

/// What is known of a token. Its secret is not: only a SHA-256 of it is stored. A plain fast hash is
/// right here because the secret is 256 random bits; slow, salted hashes are for what people choose.
struct TokenRecord {
  std::string id = {};
  std::string name = {};  ///< whose it is, for a person
  Role role = Role::viewer;
  util::TimePoint created{};
  util::TimePoint expires{};
  std::optional<util::TimePoint> last_used = {};  ///< to the minute
  std::optional<util::TimePoint> revoked = {};
};

struct NewToken {
  TokenRecord record = {};
  std::string secret = {};  ///< "pct_ID_SECRET"; shown once, never stored and never logged
};

/// Credentials of the admin side. Threads and errors as in Records.
class Tokens {
 public:
  virtual ~Tokens() = default;

  /// `event` gets the token's id as `extra["token"]`; it is written in the same transaction.
  virtual util::Result<NewToken> create(const std::string& name, Role role, util::TimePoint now,
                                        util::TimePoint expires, Event event) = 0;
  /// Newest first, those that are over included.
  virtual util::Result<std::vector<TokenRecord>> list() = 0;
  /// false when there is no such token, or it was revoked before.
  virtual util::Result<bool> revoke(const std::string& id, util::TimePoint now, const Event& event) = 0;
  /// The token behind a secret; nullopt when it is wrong, expired or revoked. How long that takes says
  /// nothing about the secret. That it was used is noted at best once a minute, and never an error.
  virtual util::Result<std::optional<TokenRecord>> verify(std::string_view secret, util::TimePoint now) = 0;
};

}  // namespace portcullis::records
