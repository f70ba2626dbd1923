// SPDX-License-Identifier: Apache-2.0
#include "transport.hpp"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace portcullis::http {
namespace {

/// One call's worth: a worker notices a client that hung up after this much at the latest.
constexpr std::uint64_t kFilePiece = 4u << 20;

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(util::UniqueFd socket) : socket_(std::move(socket)) {}

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
};

bool wait_until_ready(const Transport& transport, Transport::Status wanted, std::chrono::milliseconds stall) {
  pollfd entry{transport.fd(), static_cast<short>(wanted == Transport::Status::want_read ? POLLIN : POLLOUT),
               0};
  int ready = 0;
  do {
    ready = ::poll(&entry, 1, static_cast<int>(stall.count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

/// Calls `move`(bytes done so far) until `size` bytes are through.
template <class Move>
bool move_all(Transport& transport, std::uint64_t size, std::chrono::milliseconds stall, Move move) {
  for (std::uint64_t done = 0; done < size;) {
    const auto [status, count] = move(done);
    if (status == Transport::Status::closed) return false;
    if (status == Transport::Status::ok) {
      done += count;
    } else if (!wait_until_ready(transport, status, stall)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(util::UniqueFd socket) {
  return std::make_unique<TcpTransport>(std::move(socket));
}

bool write_all(Transport& transport, std::string_view bytes, std::chrono::milliseconds stall) {
  return move_all(transport, bytes.size(), stall,
                  [&](std::uint64_t done) { return transport.write(bytes.substr(done)); });
}

bool send_all(Transport& transport, int file, std::uint64_t offset, std::uint64_t size,
              std::chrono::milliseconds stall) {
  return move_all(transport, size, stall, [&](std::uint64_t done) {
    return transport.send_file(file, offset + done, std::min<std::uint64_t>(size - done, kFilePiece));
  });
}

}  // namespace portcullis::http
