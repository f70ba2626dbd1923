// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/channel.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "portcullis/scan/protocol.hpp"

namespace portcullis::scan {

using util::ErrorKind;

util::Result<std::pair<Channel, Channel>> Channel::make_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return tl::unexpected(util::errno_error("making the control socket of the scanner"));
  }
  return std::pair(Channel(util::UniqueFd(ends[0])), Channel(util::UniqueFd(ends[1])));
}

util::Result<void> Channel::send(std::string_view bytes, std::span<const int> descriptors) {
  if (bytes.empty() || bytes.size() > kMaxControlMessage || descriptors.size() > kJobDescriptors) {
    return util::fail(ErrorKind::internal, "control message out of bounds");
  }
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kJobDescriptors * sizeof(int))> ancillary{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = ancillary.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  while (sendmsg(socket_.get(), &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET) {
      return util::fail(ErrorKind::cancelled, "the other end of the scanner's control socket is gone");
    }
    return tl::unexpected(util::errno_error("sending on the control socket of the scanner"));
  }
  return {};
}

util::Result<Channel::Message> Channel::receive() {
  Message result;
  result.bytes.resize(kMaxControlMessage);
  iovec part{result.bytes.data(), result.bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kJobDescriptors * sizeof(int))> ancillary{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = ancillary.data();
  message.msg_controllen = ancillary.size();
  ssize_t size;
  while ((size = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC)) < 0) {
    if (errno == EINTR) continue;
    if (errno == ECONNRESET) break;
    return tl::unexpected(util::errno_error("reading the control socket of the scanner"));
  }
  result.bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      result.descriptors.emplace_back(fd);
    }
  }
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return util::fail(ErrorKind::corrupt, "a message on the scanner's control socket is too large");
  }
  return result;
}

void Channel::shut_down() { shutdown(socket_.get(), SHUT_RDWR); }

}  // namespace portcullis::scan
