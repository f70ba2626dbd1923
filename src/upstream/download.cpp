// SPDX-License-Identifier: Apache-2.0
#include "download.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

/// A try that brought this much was no failure: the count of tries starts anew. Less does not
/// count, or a server that gives a byte a time would keep us for ever.
constexpr std::uint64_t kProgress = 4u << 20;

struct ContentRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> total;
};

/// "bytes 100-199/200"; the total may be '*'.
std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (text.substr(0, kUnit.size()) != kUnit) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const auto slash = text.find('/');
  const auto dash = text.find('-');
  if (slash == std::string_view::npos || dash > slash) return std::nullopt;
  const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const auto first = number(text.substr(0, dash));
  if (!first) return std::nullopt;
  return ContentRange{*first, number(text.substr(slash + 1))};
}

/// The delivered part of one blob over any number of tries.
class Download {
 public:
  Download(std::uint64_t expected_size, util::ByteSink& sink) : expected_(expected_size), sink_(sink) {}

  std::uint64_t delivered() const { return delivered_; }
  bool complete() const { return delivered_ == expected_; }

  void begin() {
    start_ = delivered_;
    checked_ = false;
  }
  std::uint64_t progress() const { return delivered_ - start_; }

  util::Result<void> take(const Head& head, std::span<const std::byte> bytes) {
    if (!checked_) {
      if (auto right = check(head); !right) return right;
      checked_ = true;
    }
    if (bytes.size() > expected_ - delivered_) {
      return util::fail(ErrorKind::corrupt,
                        "more bytes than the " + std::to_string(expected_) + " of the descriptor");
    }
    auto written = sink_.write(bytes);
    if (written) delivered_ += bytes.size();
    return written;
  }

  /// Before the first byte of a try: this is the part we asked for, and of the right size.
  util::Result<void> check(const Head& head) const {
    if (head.status == 206 && start_ > 0) {
      const auto range = parse_content_range(head.header("content-range"));
      if (!range || range->first != start_ || range->total.value_or(expected_) != expected_) {
        return util::fail(ErrorKind::corrupt, "asked for the bytes from " + std::to_string(start_) +
                                                  " on, saw Content-Range: " + head.header("content-range"));
      }
      return {};
    }
    if (start_ > 0) {
      return util::fail(ErrorKind::unreachable,
                        "the transfer broke after " + std::to_string(start_) +
                            " bytes, and it cannot go on from there (no Range support)");
    }
    if (head.status != 200) {
      return util::fail(ErrorKind::corrupt, "unexpected answer (HTTP " + std::to_string(head.status) + ")");
    }
    const auto length = head.number("content-length");
    if (length && *length != expected_) {
      return util::fail(ErrorKind::corrupt, "it has " + std::to_string(*length) +
                                                " bytes, the descriptor says " + std::to_string(expected_));
    }
    return {};
  }

 private:
  const std::uint64_t expected_;
  util::ByteSink& sink_;
  std::uint64_t delivered_ = 0;
  std::uint64_t start_ = 0;  ///< of the current try
  bool checked_ = false;
};

}  // namespace

Answer<void> download(Client& client, const oci::Repository& repository, const oci::Digest& digest,
                      std::uint64_t expected_size, util::ByteSink& sink) {
  Download state(expected_size, sink);
  Call call;
  call.kind = "blob";
  call.repository = repository.text();
  call.path = "blobs/" + digest.text();
  call.on_body = [&state](const Head& head, std::span<const std::byte> bytes) {
    return state.take(head, bytes);
  };

  Backoff backoff(client.transport(), client.options().attempts);
  for (;;) {
    state.begin();
    call.headers.clear();
    if (state.delivered() > 0) call.headers = {"Range: bytes=" + std::to_string(state.delivered()) + "-"};
    auto head = client.once(call);
    // All bytes are there: a connection that breaks afterwards does not matter.
    if (state.complete() && (head || state.delivered() > 0)) return {};

    Trouble failed;
    if (head) {
      failed.failure.kind = ErrorKind::corrupt;
      failed.failure.status = head->status;
      failed.failure.message = client.options().name + ": blob " + repository.text() + "/" + call.path +
                               ": it ended after " + std::to_string(state.delivered()) + " of " +
                               std::to_string(expected_size) + " bytes";
      const auto length = head->number("content-length");
      // Said and done: it is that short. Without a length it may be a connection that broke.
      failed.retry = head->status == 200 && length ? Retry::no : Retry::yes;
    } else {
      failed = std::move(head.error());
    }
    if (state.progress() >= kProgress) backoff.progressed();
    if (!backoff.again(failed)) return tl::unexpected(std::move(failed.failure));
  }
}

}  // namespace portcullis::upstream
