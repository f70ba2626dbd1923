// SPDX-License-Identifier: Apache-2.0
//
// A file of users as Apache's htpasswd writes it, bcrypt only (`htpasswd -B`).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "portcullis/util/result.hpp"

namespace portcullis::http {

class Htpasswd {
 public:
  /// Lines of NAME:HASH; empty ones and those that start with # are skipped. Fails with file, line and
  /// what was expected, never with the line itself.
  static util::Result<Htpasswd> read(const std::filesystem::path& file);

  /// The user's hash; for anybody else one of the same cost that no password fits, so that the time
  /// it takes does not tell who exists.
  const std::string& hash_for(std::string_view user) const;
  std::size_t size() const { return hashes_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> hashes_;
  std::string nobody_;
};

/// Takes as long as the hash was made to take (cost 10: a twentieth of a second). Any thread.
bool password_fits(std::string_view password, const std::string& hash);

}  // namespace portcullis::http
