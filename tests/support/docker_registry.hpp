// SPDX-License-Identifier: Apache-2.0
//
// A real registry (Debian's docker-registry) on loopback, as an upstream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "portcullis/oci/digest.hpp"
#include "support/process.hpp"

namespace portcullis::test {

/// TLS for a registry, with the address it then has; a client that trusts `certificate` connects.
struct RegistryTls {
  std::string host;  ///< a loopback address
  std::uint16_t port;
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// Not thread-safe, but for requests(). Images go in with push() of image_builder.hpp.
class DockerRegistry {
 public:
  /// Keeps its storage, configuration and log in `directory`, and answers when this returns.
  explicit DockerRegistry(const std::filesystem::path& directory, std::optional<RegistryTls> tls = {});

  std::uint16_t port() const { return port_; }
  /// `127.0.0.1:PORT`
  std::string address() const { return (tls_ ? tls_->host : "127.0.0.1") + ":" + std::to_string(port_); }
  std::string url() const { return (tls_ ? "https://" : "http://") + address(); }

  /// From now on it is for the users of these lines of an htpasswd file (bcrypt) only.
  void ask_for_login(const std::string& users);

  void stop();
  /// Again on the same port with the same storage.
  void start();

  /// How many requests with this method had a path that contains `path_part`, since clear_log().
  /// `"GET", "/blobs/sha256:..."` counts the downloads of one blob.
  std::size_t requests(std::string_view method, std::string_view path_part) const;
  void clear_log();
  std::string log() const;

  /// The file that holds the bytes of a blob; the registry serves whatever is in it.
  std::filesystem::path blob_file(const oci::Digest& digest) const;

 private:
  void configure() const;
  bool answers() const;

  std::filesystem::path directory_;
  std::optional<RegistryTls> tls_;
  bool login_ = false;  ///< is asked for
  std::uint16_t port_;
  std::size_t log_start_ = 0;
  std::optional<Process> process_;
};

}  // namespace portcullis::test
