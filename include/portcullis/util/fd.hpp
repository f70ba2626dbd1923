// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "portcullis/util/result.hpp"

namespace portcullis::util {

/// Owns one file descriptor; closes it on destruction. -1 is "none".
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

/// Every descriptor these functions make is close-on-exec.
Result<Pipe> make_pipe();
Result<UniqueFd> open_file(const std::filesystem::path& path, int flags, unsigned mode = 0600);
Result<UniqueFd> duplicate(int fd);

/// Reads until `buffer` is full or the input ends; the count is short only at the end.
Result<std::size_t> read_full(int fd, std::span<std::byte> buffer);
/// pread with the same contract.
Result<std::size_t> read_full_at(int fd, std::span<std::byte> buffer, std::uint64_t offset);
/// Writes all of it or fails. EPIPE is ErrorKind::cancelled (the reader went away).
Result<void> write_full(int fd, std::span<const std::byte> bytes);

/// "No space left on device (errno 28)"; always says which call on which thing.
Error errno_error(std::string_view what);

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

}  // namespace portcullis::util
