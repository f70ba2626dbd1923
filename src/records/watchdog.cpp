// SPDX-License-Identifier: Apache-2.0
#include "watchdog.hpp"

#include <sys/socket.h>

#include <stdexcept>

namespace portcullis::records {

Watchdog::Watchdog(std::chrono::milliseconds tick) : tick_(tick), thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Watchdog::Watch::Watch(Watchdog& owner, int socket, std::chrono::milliseconds time) : owner_(owner) {
  auto copy = util::duplicate(socket);
  if (!copy) throw std::runtime_error("cannot watch over the connection: " + copy.error().message);
  std::lock_guard lock(owner.mutex_);
  id_ = owner.next_++;
  owner.guarded_.emplace(id_, Guarded{std::chrono::system_clock::now() + time, *std::move(copy)});
}

Watchdog::Watch::~Watch() {
  std::lock_guard lock(owner_.mutex_);
  owner_.guarded_.erase(id_);
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto now = std::chrono::system_clock::now();
    for (const auto& [id, guarded] : guarded_) {
      if (guarded.deadline <= now) ::shutdown(guarded.socket.get(), SHUT_RDWR);
    }
    changed_.wait_until(lock, now + tick_);
  }
}

}  // namespace portcullis::records
