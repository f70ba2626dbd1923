// SPDX-License-Identifier: Apache-2.0
#include "portcullis/oci/digest.hpp"

#include "quote.hpp"

namespace portcullis::oci {
namespace {

struct Registered {
  util::HashAlgorithm algorithm;
  std::string_view prefix;
  std::size_t hex_digits;
};

constexpr Registered kRegistered[] = {
    {util::HashAlgorithm::sha256, "sha256:", 64},
    {util::HashAlgorithm::sha512, "sha512:", 128},
};

}  // namespace

util::Result<Digest> Digest::parse(std::string_view text) {
  for (const Registered& known : kRegistered) {
    if (!text.starts_with(known.prefix)) continue;
    const std::string_view hex = text.substr(known.prefix.size());
    if (hex.size() == known.hex_digits &&
        hex.find_first_not_of("0123456789abcdef") == std::string_view::npos) {
      return Digest(known.algorithm, std::string(text));
    }
  }
  return util::fail(util::ErrorKind::invalid,
                    "a digest must be sha256: and 64 lower-case hex digits, or sha512: and 128 "
                    "(e.g. sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855), saw: " +
                        quote(text));
}

Digest Digest::of(std::string_view content) {
  return Digest(util::HashAlgorithm::sha256, "sha256:" + util::sha256_hex(content));
}

std::string_view Digest::hex() const noexcept { return std::string_view(text_).substr(text_.find(':') + 1); }

}  // namespace portcullis::oci
