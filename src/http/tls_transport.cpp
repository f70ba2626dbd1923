// SPDX-License-Identifier: Apache-2.0
#include "tls_transport.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "portcullis/util/safe_text.hpp"

namespace portcullis::http {
namespace {

/// As JSON, because dockerd tries plain HTTP after any failure of TLS on a loopback address, and shows
/// the message of such an error.
std::string speak_tls_answer() {
  const std::string body =
      "{\"errors\":[{\"code\":\"UNSUPPORTED\",\"message\":\"this port speaks TLS, use "
      "https\",\"detail\":\"\"}]}\n";
  return "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// RFC 2253, most specific part first: `CN=runner-7,OU=ci,O=Example`. Empty without a certificate only.
std::string subject_of(const SSL* ssl) {
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return {};
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(memory.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const auto length = BIO_get_mem_data(memory.get(), &text);
  if (length <= 0) return "certificate without a subject";
  return util::safe_text({text, static_cast<std::size_t>(length)});
}

class TlsTransport final : public Transport {
 public:
  TlsTransport(util::UniqueFd socket, std::shared_ptr<const TlsContext> tls)
      : socket_(std::move(socket)), tls_(std::move(tls)) {}

  ~TlsTransport() override { close_notify(); }

  Status handshake() override {
    if (!begin()) return Status::closed;
    ERR_clear_error();
    const int result = SSL_accept(ssl_.get());
    if (result == 1) {
      user_ = subject_of(ssl_.get());
      return Status::ok;
    }
    const auto status = status_of(result);
    if (status == Status::closed && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) speak_tls();
    return status;
  }

  const std::string& user() const override { return user_; }

  Outcome read(std::span<char> buffer) override {
    return outcome(
        [&](std::size_t& count) { return SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count); });
  }

  Outcome write(std::string_view bytes) override {
    return outcome(
        [&](std::size_t& count) { return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count); });
  }

  Outcome send_file(int file, std::uint64_t offset, std::size_t size) override {
    if (BIO_get_ktls_send(SSL_get_wbio(ssl_.get()))) return send_by_kernel(file, offset, size);
    // Twice the same read when the client was not ready for it: the bytes of a blob do not change.
    thread_local std::array<char, 128 * 1024> buffer;
    ssize_t count = 0;
    do {
      count = ::pread(file, buffer.data(), std::min(size, buffer.size()), static_cast<off_t>(offset));
    } while (count < 0 && errno == EINTR);
    if (count <= 0) return {Status::closed};
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    // A call writes one record of 16 KiB.
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto [status, written] = write(bytes.substr(done));
      if (status == Status::closed || (status != Status::ok && done == 0)) return {status};
      if (status != Status::ok) break;
      done += written;
    }
    return {Status::ok, done};
  }

  void finish_writing() override {
    close_notify();
    ::shutdown(socket_.get(), SHUT_WR);
  }
  void abort() override { ::shutdown(socket_.get(), SHUT_RDWR); }
  int fd() const override { return socket_.get(); }

 private:
  bool begin() {
    if (ssl_) return true;
    ssl_.reset(SSL_new(tls_->get()));
    return ssl_ && SSL_set_fd(ssl_.get(), socket_.get()) == 1;
  }

  /// Kernel TLS: the file goes to the network card without a copy here.
  Outcome send_by_kernel(int file, std::uint64_t offset, std::size_t size) {
    ERR_clear_error();
    const auto sent = SSL_sendfile(ssl_.get(), file, static_cast<off_t>(offset), size, 0);
    if (sent > 0) return {Status::ok, static_cast<std::size_t>(sent)};
    return {sent == 0 ? Status::closed : status_of(static_cast<int>(sent))};
  }

  template <class Call>
  Outcome outcome(Call call) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = call(count);
    if (result == 1) return {Status::ok, count};
    return {status_of(result)};
  }

  Status status_of(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return Status::want_read;
      case SSL_ERROR_WANT_WRITE:
        return Status::want_write;
      case SSL_ERROR_ZERO_RETURN:
        return Status::closed;
      default:
        broken_ = true;
        return Status::closed;
    }
  }

  /// Tells the client that the end is ours and no attacker's. Never waits: who does not take it lacks it.
  void close_notify() {
    if (!ssl_ || broken_ || SSL_in_init(ssl_.get()) ||
        (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0)
      return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }

  /// For whoever wrote http:// where https:// belongs. What it sent is taken off the socket first, or
  /// closing would reset the connection and destroy the answer.
  void speak_tls() {
    std::array<char, 4096> nowhere;
    for (int i = 0; i < 8 && ::recv(socket_.get(), nowhere.data(), nowhere.size(), 0) > 0; ++i) {
    }
    const auto answer = speak_tls_answer();
    [[maybe_unused]] const auto sent = ::send(socket_.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  util::UniqueFd socket_;
  std::shared_ptr<const TlsContext> tls_;
  std::unique_ptr<SSL, SslFree> ssl_;
  std::string user_;
  bool broken_ = false;  ///< after a fatal error nothing may be written
};

}  // namespace

std::unique_ptr<Transport> make_tls_transport(util::UniqueFd socket, std::shared_ptr<const TlsContext> tls) {
  return std::make_unique<TlsTransport>(std::move(socket), std::move(tls));
}

}  // namespace portcullis::http
