// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace portcullis::util {

enum class HashAlgorithm { sha256, sha512 };

/// Incremental hash (OpenSSL). One thread at a time. finish() may be called once.
class Hasher {
 public:
  explicit Hasher(HashAlgorithm algorithm = HashAlgorithm::sha256);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// Lower-case hexadecimal.
  std::string finish_hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view text);
/// RFC 2104, lower-case hexadecimal.
std::string hmac_sha256_hex(std::string_view key, std::string_view message);

}  // namespace portcullis::util
