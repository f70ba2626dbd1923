// SPDX-License-Identifier: Apache-2.0
//
// One HTTP exchange at a time over curl: no redirects, no authentication of its own, bounded headers,
// and no connection to an address it must not have. Thread-safe; connections are kept between calls.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/result.hpp"
#include "transport_settings.hpp"
#include "url.hpp"

namespace portcullis::upstream {

enum class Method { get, head, post };
/// `anywhere` is for the host the operator configured, `public_only` for hosts an upstream named.
enum class AddressRule { anywhere, public_only };
enum class Retry { no, yes };

/// Status and headers of a final (not interim) response.
struct Head {
  int status = 0;
  std::map<std::string, std::string, std::less<>>
      headers;  ///< lower-case names; repeated ones joined by ", "

  bool ok() const { return status >= 200 && status < 300; }
  /// Empty when absent.
  const std::string& header(std::string_view name) const;
  std::optional<std::uint64_t> number(std::string_view name) const;
};

struct Authorization {
  std::string bearer;
  std::optional<Credentials> basic;
  bool empty() const { return bearer.empty() && !basic; }
};

struct Exchange {
  Method method = Method::get;
  Url url;
  std::vector<std::string> headers;
  std::string form;  ///< body of a POST, form-encoded
  Authorization authorization;
  AddressRule addresses = AddressRule::anywhere;
  std::optional<std::chrono::milliseconds> total_timeout;
  /// Gets the body of a 2xx answer in pieces; an error ends the exchange. Other bodies are dropped.
  std::function<util::Result<void>(const Head&, std::span<const std::byte>)> on_body;
};

/// No (whole) answer. The message never holds a query string or a credential.
struct Broken {
  util::Error error;
  Retry retry = Retry::no;
};

class Transport {
 public:
  /// The files are read here; fails when one cannot be or is not PEM. `own` is the registry itself.
  /// Not empty: `unix_socket` is connected to, whatever host a URL names.
  static util::Result<std::unique_ptr<Transport>> create(const Options& options, const Url& own,
                                                         const std::string& unix_socket = {});
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  tl::expected<Head, Broken> perform(const Exchange& exchange);

  void stop();
  bool stopped() const { return stopping_; }
  /// False when stop() came first.
  bool sleep(std::chrono::milliseconds time);

 private:
  class Pool;
  struct Running;
  struct Callbacks;
  Transport(TransportSettings settings, std::string unix_socket);

  const TransportSettings settings_;
  const std::string unix_socket_;
  std::unique_ptr<Pool> pool_;

  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable stop_;
};

}  // namespace portcullis::upstream
