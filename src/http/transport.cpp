// SPDX-License-Identifier: Apache-2.0
#include "transport.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

namespace portcullis::http {
namespace {

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(util::UniqueFd socket) : socket_(std::move(socket)) {}

  const std::string& user() const override { return nobody_; }

  Outcome read(std::span<char> buffer) override {
    return outcome([&] { return ::recv(socket_.get(), buffer.data(), buffer.size(), 0); }, Status::want_read);
  }

  /// A client that hung up is normal and must not raise SIGPIPE.
  Outcome write(std::string_view bytes) override {
    return outcome([&] { return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); },
                   Status::want_write);
  }

  /// SIGPIPE is ignored in the whole process: sendfile has no flag against it.
  Outcome send_file(int file, std::uint64_t offset, std::size_t size) override {
    return outcome(
        [&] {
          auto position = static_cast<off_t>(offset);
          return ::sendfile(socket_.get(), file, &position, size);
        },
        Status::want_write);
  }

  void finish_writing() override { ::shutdown(socket_.get(), SHUT_WR); }
  void abort() override { ::shutdown(socket_.get(), SHUT_RDWR); }
  int fd() const override { return socket_.get(); }

 private:
  template <class Call>
  static Outcome outcome(Call call, Status when_blocked) {
    for (;;) {
      const auto count = call();
      if (count > 0) return {Status::ok, static_cast<std::size_t>(count)};
      if (count == 0) return {Status::closed};
      if (errno == EINTR) continue;
      return {errno == EAGAIN || errno == EWOULDBLOCK ? when_blocked : Status::closed};
    }
  }

  util::UniqueFd socket_;
  const std::string nobody_;
};

}  // namespace

std::uint64_t Transport::bytes_taken() const {
  tcp_info info{};
  socklen_t length = sizeof(info);
  if (::getsockopt(fd(), IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return 0;
  return info.tcpi_bytes_acked;
}

std::unique_ptr<Transport> make_tcp_transport(util::UniqueFd socket) {
  return std::make_unique<TcpTransport>(std::move(socket));
}

}  // namespace portcullis::http
