// SPDX-License-Identifier: Apache-2.0
#include "basic_auth.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>

#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

constexpr std::string_view kScheme = "basic ";
constexpr std::size_t kMaxEncoded = 1024;

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() > kMaxEncoded || text.size() % 4 != 0) return std::nullopt;
  const auto padding = text.ends_with("==") ? 2u : text.ends_with('=') ? 1u : 0u;
  // OpenSSL skips white space and takes padding anywhere.
  const bool clean = std::all_of(text.begin(), text.end() - padding, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '/';
  });
  if (!clean) return std::nullopt;
  std::string decoded(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  decoded.resize(static_cast<std::size_t>(length) - padding);
  return decoded;
}

}  // namespace

std::optional<BasicCredentials> parse_basic(std::string_view header) {
  if (util::to_lower_ascii(header.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  header.remove_prefix(kScheme.size());
  const auto decoded = decode_base64(header);
  if (!decoded) return std::nullopt;
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

}  // namespace portcullis::http
