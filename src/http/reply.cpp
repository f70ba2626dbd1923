// SPDX-License-Identifier: Apache-2.0
#include "reply.hpp"

#include <algorithm>
#include <string_view>

namespace portcullis::http {
namespace {

/// One call's worth: a client that hung up is noticed after this much at the latest.
constexpr std::uint64_t kFilePiece = 4u << 20;

}  // namespace

Transport::Status Reply::push(Transport& transport) {
  if (!text_done_) {
    if (text_.empty()) return Transport::Status::closed;  // no head could be made
    if (const auto status = push_text(transport, text_); status != Transport::Status::ok) return status;
    text_done_ = true;
    text_ = std::string();
    in_part_ = 0;
  }
  for (; body_ && part_ < body_->parts().size(); ++part_, in_part_ = 0) {
    const auto status = push_part(transport, body_->parts()[part_]);
    if (status != Transport::Status::ok) return status;
  }
  return Transport::Status::ok;
}

Transport::Status Reply::push_text(Transport& transport, const std::string& text) {
  while (in_part_ < text.size()) {
    const auto rest = std::string_view(text).substr(static_cast<std::size_t>(in_part_));
    const auto [status, count] = transport.write(rest);
    if (status != Transport::Status::ok) return status;
    in_part_ += count;
    sent_ += count;
  }
  return Transport::Status::ok;
}

Transport::Status Reply::push_part(Transport& transport, const BodyPart& part) {
  if (const auto status = push_text(transport, part.text); status != Transport::Status::ok) return status;
  const auto end = part.text.size() + part.length;
  while (in_part_ < end) {
    const auto done = in_part_ - part.text.size();
    const auto piece = std::min<std::uint64_t>(part.length - done, kFilePiece);
    const auto size = static_cast<std::size_t>(piece);
    const auto [status, count] = part.made
                                     ? transport.write(part.made->at(part.offset + done).substr(0, size))
                                     : transport.send_file(part.file, part.offset + done, size);
    if (status != Transport::Status::ok) return status;
    in_part_ += count;
    sent_ += count;
  }
  return Transport::Status::ok;
}

}  // namespace portcullis::http
