// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace portcullis::test {

/// Moves the calling thread, and all it starts from then on, into a network namespace of its own
/// that has a loopback and nothing else: a client that falls back to the internet fails at once,
/// and the test can be sure that it did not get anything from there. Needs root; once is enough.
void enter_private_network();

/// A mount namespace as well: what bind_mount() does from then on is seen only by the calling thread
/// and what it starts, and ends with them.
void enter_private_mounts();

/// Shows `source`, a file or a directory with all that is mounted below it, in the place of `target`,
/// which exists. Only after enter_private_mounts().
void bind_mount(const std::filesystem::path& source, const std::filesystem::path& target);
/// Takes away what is mounted on `target`, and all that is mounted below it.
void unmount(const std::filesystem::path& target);

/// Files below `directory` are in memory from here on, where no server under test waits for a disk;
/// they are gone when this is. Only after enter_private_mounts().
class MemoryDirectory {
 public:
  explicit MemoryDirectory(std::filesystem::path directory);
  ~MemoryDirectory();
  MemoryDirectory(const MemoryDirectory&) = delete;
  MemoryDirectory& operator=(const MemoryDirectory&) = delete;

 private:
  std::filesystem::path directory_;
};

}  // namespace portcullis::test
