// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "portcullis/upstream/registry.hpp"
#include "transport.hpp"

namespace portcullis::upstream {

/// A failed try: what the caller would be told, and whether another try makes sense.
struct Trouble {
  Failure failure;
  Retry retry = Retry::no;
};

template <class T>
using Try = tl::expected<T, Trouble>;

inline tl::unexpected<Trouble> trouble(util::ErrorKind kind, std::string message, Retry retry = Retry::no) {
  Trouble out;
  out.failure.kind = kind;
  out.failure.message = std::move(message);
  out.retry = retry;
  return tl::unexpected<Trouble>(std::move(out));
}

inline tl::unexpected<Trouble> trouble(const Broken& broken) {
  return trouble(broken.error.kind, broken.error.message, broken.retry);
}

/// What an answer that is not a success means. `head.ok()` must be false.
Trouble judge_status(const Head& head);

/// The waits between the tries of one request.
class Backoff {
 public:
  Backoff(Transport& transport, int attempts) : transport_(transport), left_(attempts), attempts_(attempts) {}

  /// Waits and returns true when there should be another try.
  bool again(const Trouble& trouble);
  /// The last try got somewhere: the count starts anew.
  void progressed() { left_ = attempts_; }

 private:
  Transport& transport_;
  int left_;
  const int attempts_;
};

}  // namespace portcullis::upstream
