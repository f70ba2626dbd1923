// SPDX-License-Identifier: Apache-2.0
#include "htpasswd.hpp"

#include <crypt.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "portcullis/util/files.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

constexpr std::size_t kMaxBytes = 8u << 20;
constexpr std::size_t kMaxUserName = 255;
/// $2y$10$ and 53 characters of salt and hash.
constexpr std::size_t kHashLength = 60;
constexpr std::size_t kCostAt = 4;
constexpr int kMostCost = 14;  // about a second; more would let one log-in in three hold up the others

int cost_of(std::string_view hash) { return (hash[kCostAt] - '0') * 10 + (hash[kCostAt + 1] - '0'); }

bool is_bcrypt(std::string_view hash) {
  const bool known = hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  if (!known || hash.size() != kHashLength || hash[kCostAt + 2] != '$') return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return is_digit(hash[kCostAt]) && is_digit(hash[kCostAt + 1]) &&
         std::all_of(hash.begin() + kCostAt + 3, hash.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '/'; });
}

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxUserName &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// What is wrong with a line; empty when nothing is.
std::string flaw(std::string_view name, std::string_view hash) {
  if (!is_user_name(name)) return "expected NAME:HASH with a name of visible ASCII characters";
  if (!is_bcrypt(hash)) {
    return "expected a bcrypt hash ($2y$...); make it with: htpasswd -nB NAME";
  }
  const int cost = cost_of(hash);
  if (cost < 4 || cost > kMostCost) {
    return "expected a bcrypt cost from 4 to " + std::to_string(kMostCost) + ", saw " + std::to_string(cost) +
           "; make the hash with: htpasswd -nB -C 10 NAME";
  }
  return {};
}

}  // namespace

util::Result<Htpasswd> Htpasswd::read(const std::filesystem::path& file) {
  auto content = util::read_file(file, kMaxBytes);
  if (!content) return util::fail("htpasswd", content.error());
  Htpasswd users;
  std::size_t number = 0;
  for (auto line : util::split(*content, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    const auto hash = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    auto wrong = flaw(name, hash);
    if (wrong.empty() && users.hashes_.contains(name)) wrong = "expected each name once, saw one again";
    if (!wrong.empty()) {
      return util::fail(util::ErrorKind::invalid,
                        "htpasswd " + file.string() + ":" + std::to_string(number) + ": " + wrong);
    }
    users.hashes_.emplace(name, hash);
  }
  if (users.hashes_.empty()) {
    return util::fail(util::ErrorKind::invalid, "htpasswd " + file.string() +
                                                    ": names no user; add one with: htpasswd -B " +
                                                    file.string() + " NAME");
  }
  // The costs of a file are alike in practice; the first stands for all.
  const auto& model = users.hashes_.begin()->second;
  users.nobody_ = model.substr(0, kHashLength - 31) + std::string(31, '.');
  return users;
}

const std::string& Htpasswd::hash_for(std::string_view user) const {
  const auto found = hashes_.find(user);
  return found == hashes_.end() ? nobody_ : found->second;
}

bool password_fits(std::string_view password, const std::string& hash) {
  // crypt() ends at a NUL; what stands behind it would not count.
  if (password.find('\0') != std::string_view::npos) return false;
  const auto work = std::make_unique<crypt_data>();
  std::string phrase(password);
  const char* made = ::crypt_r(phrase.c_str(), hash.c_str(), work.get());
  const bool fits = made != nullptr && std::string_view(made).size() == hash.size() &&
                    CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(phrase.data(), phrase.size());
  OPENSSL_cleanse(work.get(), sizeof(*work));
  return fits;
}

}  // namespace portcullis::http
