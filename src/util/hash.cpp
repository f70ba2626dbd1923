// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/hash.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace portcullis::util {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// OpenSSL fails here only when it is out of memory or wrongly installed.
void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot compute SHA-2 hashes on this machine");
}

std::string hex(std::span<const unsigned char> bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 0x0f];
  }
  return text;
}

}  // namespace

struct Hasher::State {
  std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};
};

Hasher::Hasher(HashAlgorithm algorithm) : state_(std::make_unique<State>()) {
  const EVP_MD* type = algorithm == HashAlgorithm::sha512 ? EVP_sha512() : EVP_sha256();
  require(state_->context && EVP_DigestInit_ex(state_->context.get(), type, nullptr) == 1);
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

void Hasher::update(std::string_view text) { update(std::as_bytes(std::span(text.data(), text.size()))); }

std::string Hasher::finish_hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned length = 0;
  require(EVP_DigestFinal_ex(state_->context.get(), raw.data(), &length) == 1);
  return hex(std::span(raw).first(length));
}

std::string sha256_hex(std::string_view text) {
  Hasher hasher;
  hasher.update(text);
  return hasher.finish_hex();
}

std::string hmac_sha256_hex(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned length = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, message.size(), raw.data(),
               &length) != nullptr);
  return hex(std::span(raw).first(length));
}

}  // namespace portcullis::util
