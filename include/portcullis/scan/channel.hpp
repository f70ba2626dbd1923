// SPDX-License-Identifier: Apache-2.0
//
// One end of a SOCK_SEQPACKET socket: whole messages, with descriptors when needed.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::scan {

/// One thread may send while another receives.
class Channel {
 public:
  struct Message {
    std::string bytes;  ///< empty: the other end is gone
    std::vector<util::UniqueFd> descriptors;
  };

  explicit Channel(util::UniqueFd socket) : socket_(std::move(socket)) {}
  /// Two connected ends, both close-on-exec.
  static util::Result<std::pair<Channel, Channel>> make_pair();

  int fd() const { return socket_.get(); }
  /// Blocks. ErrorKind::cancelled when the other end is gone. Keeps the descriptors open here.
  util::Result<void> send(std::string_view bytes, std::span<const int> descriptors = {});
  /// Blocks for one message. More than kMaxControlMessage bytes or kJobDescriptors descriptors:
  /// ErrorKind::corrupt.
  util::Result<Message> receive();
  /// Both directions end; a thread blocked in receive() returns. The descriptor stays valid.
  void shut_down();

 private:
  util::UniqueFd socket_;
};

}  // namespace portcullis::scan
