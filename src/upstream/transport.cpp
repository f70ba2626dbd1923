// SPDX-License-Identifier: Apache-2.0
#include "transport.hpp"

#include <curl/curl.h>
#include <sys/socket.h>

#include <charconv>
#include <exception>

#include "address.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
/// Bodies of errors and redirects are read so that the connection can be used again, up to here.
constexpr std::size_t kMaxDroppedBytes = 64 * 1024;
constexpr std::size_t kMaxIdleHandles = 16;
constexpr const char* kUserAgent = "portcullis/" PORTCULLIS_VERSION;

std::string trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

struct EasyDelete {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Easy = std::unique_ptr<CURL, EasyDelete>;

struct ListDelete {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDelete>;

bool worth_a_retry(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

}  // namespace

const std::string& Head::header(std::string_view name) const {
  static const std::string none;
  const auto it = headers.find(name);
  return it == headers.end() ? none : it->second;
}

std::optional<std::uint64_t> Head::number(std::string_view name) const {
  const std::string& text = header(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Idle handles, the one used last on top: it has the connection that is most likely still open.
class Transport::Pool {
 public:
  Easy take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Easy handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    return Easy(curl_easy_init());
  }
  void give_back(Easy handle) {
    curl_easy_reset(handle.get());  // keeps connections
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMaxIdleHandles) idle_.push_back(std::move(handle));
  }

 private:
  std::mutex mutex_;
  std::vector<Easy> idle_;
};

/// One exchange while curl calls back.
struct Transport::Running {
  const Transport& transport;
  const Exchange& exchange;
  Head head = {};
  std::size_t header_bytes = 0;
  std::size_t dropped_bytes = 0;
  bool body_began = false;
  bool dropped_enough = false;
  bool address_refused = false;
  bool stalled = false;
  SteadyClock::time_point began = SteadyClock::now();
  SteadyClock::time_point last_byte = began;
  SteadyClock::time_point window_began = began;  ///< moved on by what our own taker of bytes took
  std::uint64_t window_bytes = 0;
  std::optional<util::Error> failure = {};
};

struct Transport::Callbacks {
  static std::size_t header(char* data, std::size_t one, std::size_t size, void* context) noexcept {
    auto& self = *static_cast<Running*>(context);
    self.last_byte = SteadyClock::now();
    try {
      return take_header(self, std::string_view(data, one * size)) ? one * size : 0;
    } catch (const std::exception& e) {
      self.failure = util::Error{ErrorKind::internal, std::string("reading a header: ") + e.what()};
      return 0;
    }
  }

  static bool take_header(Running& self, std::string_view line) {
    self.header_bytes += line.size();
    if (self.header_bytes > kMaxHeaderBytes) {
      self.failure = util::Error{ErrorKind::limit, "the answer's headers are larger than 64 KiB"};
      return false;
    }
    if (self.body_began) return true;  // trailers say nothing we want to hear
    if (line.substr(0, 5) == "HTTP/") {
      self.head = {};  // an interim answer came before
      if (const auto space = line.find(' '); space != std::string_view::npos) {
        const auto code = line.substr(space + 1);
        std::from_chars(code.data(), code.data() + code.size(), self.head.status);
      }
      return true;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    auto& value = self.head.headers[util::to_lower_ascii(line.substr(0, colon))];
    if (!value.empty()) value += ", ";
    value += trim(line.substr(colon + 1));
    return true;
  }

  static std::size_t body(char* data, std::size_t one, std::size_t size, void* context) noexcept {
    auto& self = *static_cast<Running*>(context);
    const auto arrived = SteadyClock::now();
    if (!self.body_began) self.window_began = arrived;
    self.body_began = true;
    self.last_byte = arrived;
    const std::size_t count = one * size;
    self.window_bytes += count;
    if (!self.head.ok() || !self.exchange.on_body) {
      self.dropped_bytes += count;
      self.dropped_enough = self.dropped_bytes > kMaxDroppedBytes;
      return self.dropped_enough ? 0 : count;
    }
    try {
      auto taken = self.exchange.on_body(self.head, std::as_bytes(std::span<const char>(data, count)));
      if (!taken) self.failure = std::move(taken.error());
    } catch (const std::exception& e) {
      self.failure =
          util::Error{ErrorKind::internal, std::string("taking a piece of an answer: ") + e.what()};
    }
    self.last_byte = SteadyClock::now();  // a slow taker is not a slow upstream
    self.window_began += self.last_byte - arrived;
    return self.failure ? 0 : count;
  }

  static int progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    auto& self = *static_cast<Running*>(context);
    if (self.transport.stopping_) return 1;
    self.stalled = too_slow(self, SteadyClock::now());
    return self.stalled ? 1 : 0;
  }

  /// No byte for the stall time; headers that drip for longer; or a body under the floor rate for as long.
  static bool too_slow(Running& self, SteadyClock::time_point now) {
    const auto& settings = self.transport.settings_;
    if (now - self.last_byte > settings.stall_timeout) return true;
    if (!self.body_began) return now - self.began > settings.connect_timeout + settings.stall_timeout;
    if (now - self.window_began <= settings.stall_timeout) return false;
    const std::chrono::duration<double> window = now - self.window_began;
    if (static_cast<double>(self.window_bytes) < window.count() * static_cast<double>(settings.floor_rate)) {
      return true;
    }
    self.window_began = now;
    self.window_bytes = 0;
    return false;
  }

  /// The address is judged where it is used, so no second DNS answer can slip in between.
  static curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* address) noexcept {
    auto& self = *static_cast<Running*>(context);
    if (self.exchange.addresses == AddressRule::public_only && !is_public_address(address->addr)) {
      bool is_proxy = false;
      for (const Url& proxy : self.transport.settings_.proxies) {
        is_proxy = is_proxy || resolves_to(proxy.host, proxy.port, address->addr);
      }
      if (!is_proxy) {
        self.address_refused = true;
        return CURL_SOCKET_BAD;
      }
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }
};

Transport::Transport(TransportSettings settings, std::string unix_socket)
    : settings_(std::move(settings)), unix_socket_(std::move(unix_socket)), pool_(std::make_unique<Pool>()) {}

Transport::~Transport() = default;

util::Result<std::unique_ptr<Transport>> Transport::create(const Options& options, const Url& own,
                                                           const std::string& unix_socket) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (global != CURLE_OK) {
    return util::fail(ErrorKind::internal, std::string("starting curl: ") + curl_easy_strerror(global));
  }
  auto settings = read_transport_settings(options, own);
  if (!settings) return tl::unexpected(settings.error());
  return std::unique_ptr<Transport>(new Transport(std::move(*settings), unix_socket));
}

tl::expected<Head, Broken> Transport::perform(const Exchange& exchange) {
  const auto broken = [](ErrorKind kind, std::string message, Retry retry = Retry::no) {
    return tl::unexpected<Broken>(Broken{{kind, std::move(message)}, retry});
  };
  if (stopping_) return broken(ErrorKind::cancelled, "shutting down");
  // A proxy resolves names itself; an address written in the URL we can judge in any case.
  const HostKind kind = host_kind(exchange.url.host);
  if (exchange.addresses == AddressRule::public_only &&
      (kind == HostKind::loopback || kind == HostKind::private_address)) {
    return broken(ErrorKind::corrupt, "it leads to the private address " + exchange.url.host +
                                          ", refused; if that is meant, set allow_private_addresses");
  }

  Easy easy = pool_->take();
  if (!easy) return broken(ErrorKind::internal, "curl gave no handle");
  CURL* curl = easy.get();
  Running running{*this, exchange};
  const std::string url = exchange.url.text();

  List headers;
  const auto add_header = [&headers](const std::string& line) {
    if (curl_slist* grown = curl_slist_append(headers.get(), line.c_str())) {
      static_cast<void>(headers.release());
      headers.reset(grown);
    }
  };
  add_header("Accept-Encoding: identity");
  for (const auto& line : exchange.headers) add_header(line);
  if (!exchange.authorization.bearer.empty()) {
    add_header("Authorization: Bearer " + exchange.authorization.bearer);
  }

  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, kUserAgent);
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 128L * 1024);
  if (exchange.method == Method::head) curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (exchange.method == Method::post) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(exchange.form.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange.form.c_str());
  }
  if (exchange.total_timeout) {
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(exchange.total_timeout->count()));
  }
  if (exchange.authorization.basic) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(curl, CURLOPT_USERNAME, exchange.authorization.basic->username.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, exchange.authorization.basic->password.c_str());
  }
  if (settings_.proxy) {
    curl_easy_setopt(curl, CURLOPT_PROXY, settings_.proxy->c_str());
    curl_easy_setopt(curl, CURLOPT_NOPROXY, settings_.no_proxy.c_str());
  } else if (kind == HostKind::loopback) {
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
  }
  if (!unix_socket_.empty()) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, unix_socket_.c_str());
  const auto set_blob = [curl](CURLoption option, const std::string& text) {
    if (text.empty()) return;
    curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(curl, option, &blob);
  };
  set_blob(CURLOPT_CAINFO_BLOB, settings_.ca_bundle);
  set_blob(CURLOPT_PROXY_CAINFO_BLOB, settings_.ca_bundle);
  if (exchange.url.authority() == settings_.own && exchange.url.is_https()) {
    set_blob(CURLOPT_SSLCERT_BLOB, settings_.client_certificate);
    set_blob(CURLOPT_SSLKEY_BLOB, settings_.client_key);
  }
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Callbacks::header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &running);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Callbacks::body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &running);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Callbacks::progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &running);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &Callbacks::open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &running);

  const CURLcode code = curl_easy_perform(curl);
  pool_->give_back(std::move(easy));

  if (running.failure) return broken(running.failure->kind, running.failure->message);
  if (code == CURLE_OK || running.dropped_enough) return std::move(running.head);
  if (stopping_) return broken(ErrorKind::cancelled, "shutting down");
  if (running.address_refused) {
    return broken(ErrorKind::corrupt, exchange.url.host +
                                          " resolves to a private address, refused; if that is "
                                          "meant, set allow_private_addresses");
  }
  // curl's own bound on one header line.
  if (code == CURLE_OUT_OF_MEMORY && !running.body_began) {
    return broken(ErrorKind::limit, exchange.url.origin() + ": a header of the answer is far too long");
  }
  if (running.stalled) {
    return broken(ErrorKind::unreachable,
                  exchange.url.origin() + " sent nothing, or too little, for " +
                      std::to_string(settings_.stall_timeout.count()) + " ms",
                  Retry::yes);
  }
  const char* hint = code == CURLE_SSL_CONNECT_ERROR ? "; does it speak TLS? plain HTTP must be allowed" : "";
  return broken(ErrorKind::unreachable, exchange.url.origin() + ": " + curl_easy_strerror(code) + hint,
                worth_a_retry(code) ? Retry::yes : Retry::no);
}

void Transport::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
}

bool Transport::sleep(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !stop_.wait_for(lock, time, [this] { return stopping_.load(); });
}

}  // namespace portcullis::upstream
