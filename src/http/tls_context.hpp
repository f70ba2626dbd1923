// SPDX-License-Identifier: Apache-2.0
//
// What a TLS listener is: certificate, key, and whose client certificates it wants. Immutable and
// shared: a connection keeps the one it began with.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "portcullis/http/server.hpp"
#include "portcullis/util/result.hpp"

struct ssl_ctx_st;

namespace portcullis::http {

class TlsContext {
 public:
  /// TLS 1.2 and 1.3, ALPN http/1.1 only (reason phrases matter, and HTTP/2 has none). Fails with the
  /// key of the configuration, the file, what is wrong with it and what to do.
  static util::Result<std::shared_ptr<const TlsContext>> load(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_; }
  std::chrono::sys_seconds expires() const { return expires_; }
  /// Is now within the certificate's time?
  util::Result<void> check_validity() const;
  /// What works but had better be looked at, a line each.
  const std::vector<std::string>& doubts() const { return doubts_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  util::Result<void> use_certificate(const std::filesystem::path& file);
  util::Result<void> use_key(const TlsOptions& options);
  util::Result<void> require_clients_of(const std::filesystem::path& ca_file);

  ssl_ctx_st* context_;
  std::string cert_file_;
  std::chrono::sys_seconds begins_{};
  std::chrono::sys_seconds expires_{};
  std::vector<std::string> doubts_;
};

}  // namespace portcullis::http
