// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/result.hpp"
#include "url.hpp"

namespace portcullis::upstream {

/// What of an upstream's options concerns its connections, with the files read.
struct TransportSettings {
  std::optional<std::string> proxy;  ///< "" for none; nullopt: from the environment
  std::string no_proxy;              ///< beside `proxy`, as curl takes it
  std::vector<Url> proxies;          ///< each that curl may take from option or environment
  std::string ca_bundle;             ///< PEM; empty: curl's default
  std::string client_certificate;    ///< PEM, with its key, for `own` only
  std::string client_key;
  std::string own;  ///< host:port of the registry itself
  std::chrono::milliseconds connect_timeout;
  std::chrono::milliseconds stall_timeout;
  std::uint64_t floor_rate;  ///< bytes a second
};

/// Fails when a file cannot be read or is not PEM, or when a certificate has no key.
util::Result<TransportSettings> read_transport_settings(const Options& options, const Url& own);

}  // namespace portcullis::upstream
