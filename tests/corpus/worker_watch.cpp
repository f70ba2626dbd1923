// SPDX-License-Identifier: Apache-2.0
#include "corpus/worker_watch.hpp"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "support/temp_dir.hpp"

namespace portcullis::corpus {
namespace {

namespace fs = std::filesystem;

void collect_descendants(const fs::path& process, std::set<std::string>& found) {
  std::error_code ignored;
  for (const auto& task : fs::directory_iterator(process / "task", ignored)) {
    std::istringstream children(test::slurp(task.path() / "children"));
    for (std::string child; children >> child;)
      if (found.insert(child).second) collect_descendants("/proc/" + child, found);
  }
}

/// The value of `VmHWM:  1234 kB`.
std::uint64_t bytes_of(const std::string& status, const std::string& key) {
  const std::size_t at = status.find("\n" + key + ":");
  if (at == std::string::npos) return 0;
  return std::strtoull(status.c_str() + at + key.size() + 2, nullptr, 10) * 1024;
}

std::uint64_t unlinked_bytes(const fs::path& process) {
  std::uint64_t total = 0;
  std::set<ino_t> seen;
  std::error_code ignored;
  for (const auto& fd : fs::directory_iterator(process / "fd", ignored)) {
    struct stat info {};
    if (::stat(fd.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_nlink != 0) continue;
    if (seen.insert(info.st_ino).second) total += static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return total;
}

void raise_to(std::atomic<std::uint64_t>& peak, std::uint64_t value) {
  if (value > peak) peak = value;
}

}  // namespace

WorkerWatch::WorkerWatch()
    : thread_([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          look();
          std::this_thread::sleep_for(std::chrono::milliseconds(3));
        }
      }) {}

WorkerWatch::~WorkerWatch() = default;

void WorkerWatch::look() {
  std::set<std::string> processes;
  collect_descendants("/proc/self", processes);
  for (const std::string& process : processes) {
    const fs::path directory = "/proc/" + process;
    const std::string status = test::slurp(directory / "status");
    raise_to(resident_, bytes_of(status, "VmHWM"));
    raise_to(anonymous_, bytes_of(status, "RssAnon"));
    raise_to(disk_, unlinked_bytes(directory));
  }
}

}  // namespace portcullis::corpus
