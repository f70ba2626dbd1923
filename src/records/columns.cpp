// SPDX-License-Identifier: Apache-2.0
#include "columns.hpp"

namespace portcullis::records {

std::optional<findings::Source> parse_source(std::string_view name) noexcept {
  using enum findings::Source;
  for (const auto source : {yara, layer_check, config_check, manifest_check, name_check}) {
    if (findings::to_string(source) == name) return source;
  }
  return std::nullopt;
}

oci::Digest digest_column(const std::string& text) {
  auto digest = oci::Digest::parse(text);
  if (!digest) throw soci::soci_error("a stored digest is damaged: " + digest.error().message);
  return std::move(*digest);
}

std::string manifest_column(const std::optional<oci::Digest>& manifest) {
  return manifest ? manifest->text() : std::string();
}

std::optional<oci::Digest> manifest_column(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(digest_column(text));
}

}  // namespace portcullis::records
