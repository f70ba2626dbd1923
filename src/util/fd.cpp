// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace portcullis::util {
namespace {

/// Calls until it is not interrupted by a signal.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// Calls `read_some(remaining, done)` until the buffer is full or it answers 0.
template <class ReadSome>
Result<std::size_t> fill(std::span<std::byte> buffer, ReadSome read_some) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const std::span<std::byte> rest = buffer.subspan(done);
    const ssize_t got = uninterrupted([&] { return read_some(rest, done); });
    if (got < 0) return tl::unexpected<Error>(errno_error("reading from a file descriptor"));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace

void UniqueFd::reset(int fd) noexcept {
  // Linux releases the descriptor even when close() reports EINTR: never call it twice.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return tl::unexpected<Error>(errno_error("making a pipe"));
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<UniqueFd> open_file(const std::filesystem::path& path, int flags, unsigned mode) {
  const int fd = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
  if (fd < 0) return tl::unexpected<Error>(errno_error("opening " + path.string()));
  return UniqueFd(fd);
}

Result<UniqueFd> duplicate(int fd) {
  constexpr int kLowest = 3;  // never one of the three standard streams
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, kLowest);
  if (copy < 0) return tl::unexpected<Error>(errno_error("duplicating a file descriptor"));
  return UniqueFd(copy);
}

Result<std::size_t> read_full(int fd, std::span<std::byte> buffer) {
  return fill(buffer,
              [fd](std::span<std::byte> rest, std::size_t) { return ::read(fd, rest.data(), rest.size()); });
}

Result<std::size_t> read_full_at(int fd, std::span<std::byte> buffer, std::uint64_t offset) {
  return fill(buffer, [fd, offset](std::span<std::byte> rest, std::size_t done) {
    return ::pread(fd, rest.data(), rest.size(), static_cast<off_t>(offset + done));
  });
}

Result<void> write_full(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (put < 0) return tl::unexpected<Error>(errno_error("writing to a file descriptor"));
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Error errno_error(std::string_view what) {
  const int number = errno;
  ErrorKind kind = ErrorKind::io;
  if (number == EPIPE) kind = ErrorKind::cancelled;
  if (number == ENOENT) kind = ErrorKind::absent;
  std::string message(what);
  message += ": " + std::generic_category().message(number) + " (errno " + std::to_string(number) + ")";
  return Error{kind, std::move(message)};
}

}  // namespace portcullis::util
