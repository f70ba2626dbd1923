// SPDX-License-Identifier: Apache-2.0
//
// Names of images. Grammar: distribution/reference and OCI distribution-spec ("Pulling manifests").
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "portcullis/oci/digest.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::oci {

/// The path of a repository inside a registry, such as `library/nginx`: lower-case components of
/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` joined by '/', at most 255 bytes.
class Repository {
 public:
  static util::Result<Repository> parse(std::string_view text);
  const std::string& text() const noexcept { return text_; }
  friend auto operator<=>(const Repository&, const Repository&) = default;

 private:
  explicit Repository(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`.
class Tag {
 public:
  static util::Result<Tag> parse(std::string_view text);
  const std::string& text() const noexcept { return text_; }
  friend auto operator<=>(const Tag&, const Tag&) = default;

 private:
  explicit Tag(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The last path element of `/v2/<repository>/manifests/<...>`.
using TagOrDigest = std::variant<Tag, Digest>;
util::Result<TagOrDigest> parse_tag_or_digest(std::string_view text);
std::string to_string(const TagOrDigest& reference);

/// `host[:port]`, lower case; a first component with `.` or `:` or equal to `localhost`, as docker
/// tells hosts from repositories.
bool looks_like_host(std::string_view first_component);
util::Result<std::string> parse_host(std::string_view text);

/// A full image reference as a person types it: `nginx`, `bitnami/redis:7`,
/// `ghcr.io/owner/app@sha256:...`. `docker.io` and `library/` are filled in as docker does, and
/// `latest` when there is neither tag nor digest; `index.docker.io` becomes `docker.io`.
class Reference {
 public:
  static util::Result<Reference> parse(std::string_view text);

  const std::string& host() const noexcept { return host_; }
  const Repository& repository() const noexcept { return repository_; }
  const std::optional<Tag>& tag() const noexcept { return tag_; }
  const std::optional<Digest>& digest() const noexcept { return digest_; }
  /// What to ask a registry for: the digest when there is one, else the tag.
  TagOrDigest target() const;
  /// What the person typed.
  const std::string& original() const noexcept { return original_; }
  /// `docker.io/library/nginx:latest`.
  std::string canonical() const;

 private:
  Reference(std::string host, Repository repository)
      : host_(std::move(host)), repository_(std::move(repository)) {}
  std::string host_;
  Repository repository_;
  std::optional<Tag> tag_;
  std::optional<Digest> digest_;
  std::string original_;
};

}  // namespace portcullis::oci
