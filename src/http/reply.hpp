// SPDX-License-Identifier: Apache-2.0
//
// A rendered answer on its way to the client: what is left of it, and nothing that needs a thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "message.hpp"
#include "transport.hpp"

namespace portcullis::http {

class Reply {
 public:
  Reply() = default;
  /// `text` (head, and a body that is not streamed) goes first; `body` may be null.
  Reply(std::string text, std::shared_ptr<const StreamedBody> body)
      : text_(std::move(text)), body_(std::move(body)) {}

  /// Sends until all is sent (`ok`) or the transport says otherwise.
  Transport::Status push(Transport& transport);
  std::uint64_t sent() const { return sent_; }

 private:
  Transport::Status push_text(Transport& transport, const std::string& text);
  Transport::Status push_part(Transport& transport, const BodyPart& part);

  std::string text_;
  std::shared_ptr<const StreamedBody> body_;
  bool text_done_ = false;
  std::size_t part_ = 0;       ///< of the body
  std::uint64_t in_part_ = 0;  ///< bytes of the current text or part that are sent
  std::uint64_t sent_ = 0;
};

}  // namespace portcullis::http
