// SPDX-License-Identifier: Apache-2.0
#include "watchdog.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>

namespace portcullis::records {

Watchdog::Watchdog(std::chrono::milliseconds tick) : tick_(tick) {
  auto ending = util::make_pipe();
  if (!ending) throw std::runtime_error("cannot watch over connections: " + ending.error().message);
  ending_ = *std::move(ending);
  thread_ = std::thread([this] { run(); });
}

Watchdog::~Watchdog() {
  ending_.write_end.reset();
  thread_.join();
}

Watchdog::Watch::Watch(Watchdog& owner, int socket, std::chrono::milliseconds time) : owner_(owner) {
  auto copy = util::duplicate(socket);
  if (!copy) throw std::runtime_error("cannot watch over the connection: " + copy.error().message);
  std::lock_guard lock(owner.mutex_);
  id_ = owner.next_++;
  owner.guarded_.emplace(id_, Guarded{std::chrono::steady_clock::now() + time, *std::move(copy)});
}

Watchdog::Watch::~Watch() {
  std::lock_guard lock(owner_.mutex_);
  owner_.guarded_.erase(id_);
}

void Watchdog::run() {
  pollfd ending{ending_.read_end.get(), POLLIN, 0};
  while (::poll(&ending, 1, static_cast<int>(tick_.count())) <= 0) {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    for (const auto& [id, guarded] : guarded_) {
      if (guarded.deadline <= now) ::shutdown(guarded.socket.get(), SHUT_RDWR);
    }
  }
}

}  // namespace portcullis::records
