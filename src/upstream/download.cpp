// SPDX-License-Identifier: Apache-2.0
#include "download.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

/// A try that brought this much was no failure: the count of tries starts anew. Less does not
/// count, or a server that gives a byte a time would keep us for ever.
constexpr std::uint64_t kProgress = 4u << 20;
/// However far each of them got.
constexpr int kMostTries = 256;
constexpr int kRangeNotSatisfiable = 416;
constexpr std::size_t kMaxEtag = 256;

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
  std::uint64_t progress() const { return delivered_ - start_; }
  /// The last try got a part that was not asked for.
  bool wrong_part() const { return wrong_part_; }
  void ask_for_the_whole() { wrong_part_ = true; }

  /// The headers of the next try.
  std::vector<std::string> begin() {
    start_ = delivered_;
    skip_ = 0;
    checked_ = false;
    if (start_ == 0 || wrong_part_) return {};
    std::vector<std::string> headers{"Range: bytes=" + std::to_string(start_) + "-"};
    // Without it the bytes of another version could come; the digest would tell, but late.
    if (!etag_.empty()) headers.push_back("If-Range: " + etag_);
    return headers;
  }

  util::Result<void> take(const Head& head, std::span<const std::byte> bytes) {
    if (!checked_) {
      if (auto right = check(head); !right) return right;
      checked_ = true;
    }
    const auto known = std::min<std::uint64_t>(skip_, bytes.size());
    skip_ -= known;
    bytes = bytes.subspan(static_cast<std::size_t>(known));
    if (bytes.size() > expected_ - delivered_) {
      return util::fail(ErrorKind::corrupt,
                        "more bytes than the " + std::to_string(expected_) + " of the descriptor");
    }
    if (bytes.empty()) return {};
    auto written = sink_.write(bytes);
    if (written) delivered_ += bytes.size();
    return written;
  }

 private:
  /// Before the first byte of a try: this is the part we asked for or the whole, and of the right size.
  util::Result<void> check(const Head& head) {
    if (head.status == 206 && start_ > 0 && !wrong_part_) {
      const auto range = parse_content_range(head.header("content-range"));
      if (!range || range->first != start_ || range->total.value_or(expected_) != expected_) {
        wrong_part_ = true;
        return util::fail(ErrorKind::corrupt, "asked for the bytes from " + std::to_string(start_) +
                                                  " on, saw Content-Range: " + head.header("content-range"));
      }
      return {};
    }
    if (head.status != 200) {
      return util::fail(ErrorKind::corrupt, "unexpected answer (HTTP " + std::to_string(head.status) + ")");
    }
    const auto length = head.number("content-length");
    if (length && *length != expected_) {
      const auto& encoding = head.header("content-encoding");
      return util::fail(
          ErrorKind::corrupt,
          "it has " + std::to_string(*length) + " bytes, the descriptor says " + std::to_string(expected_) +
              (encoding.empty() ? "" : " (Content-Encoding: " + encoding + " was not asked for)"));
    }
    // The whole again, because the server knows no Range or has another version now. What was delivered
    // cannot be taken back: those bytes are skipped, and the digest tells whether they were the same.
    skip_ = start_;
    const auto& etag = head.header("etag");
    etag_ = etag.starts_with('"') && etag.size() <= kMaxEtag ? etag : std::string();
    return {};
  }

  const std::uint64_t expected_;
  util::ByteSink& sink_;
  std::uint64_t delivered_ = 0;
  std::uint64_t start_ = 0;  ///< of the current try
  std::uint64_t skip_ = 0;   ///< bytes still to come that were delivered before
  std::string etag_;         ///< a strong one, of the last whole answer
  bool checked_ = false;
  bool wrong_part_ = false;
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
  for (int tries = 0; tries < kMostTries; ++tries) {
    call.headers = state.begin();
    const bool partial = !call.headers.empty();
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
    // A part that was refused or is not the one asked for: the whole may still be had.
    if (partial && (state.wrong_part() || failed.failure.status == kRangeNotSatisfiable)) {
      state.ask_for_the_whole();
      failed.retry = Retry::yes;
    }
    if (state.progress() >= kProgress) backoff.progressed();
    if (!backoff.again(failed)) return tl::unexpected(std::move(failed.failure));
  }
  Failure failure;
  failure.message = client.options().name + ": blob " + repository.text() + "/" + call.path + ": it broke " +
                    std::to_string(kMostTries) + " times";
  return tl::unexpected(std::move(failure));
}

}  // namespace portcullis::upstream
