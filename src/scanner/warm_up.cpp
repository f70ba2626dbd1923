// SPDX-License-Identifier: Apache-2.0
#include "warm_up.hpp"

#include <malloc.h>

#include <clocale>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

#include "portcullis/util/hash.hpp"

namespace portcullis::scanner {
namespace {

/// The first time that malloc gives memory of a thread's arena back to the kernel it opens
/// /proc/sys/vm/overcommit_memory, and remembers what that says: this is that time.
void shrink_arena_of_a_thread() {
  std::thread([] {
    constexpr std::size_t kBlocks = 64;
    constexpr std::size_t kBlockBytes = 64 << 10;  // not so large that it gets a mapping of its own
    std::vector<std::unique_ptr<char[]>> blocks;
    for (std::size_t i = 0; i < kBlocks; ++i) blocks.push_back(std::make_unique<char[]>(kBlockBytes));
    while (!blocks.empty()) blocks.pop_back();
  }).join();
}

}  // namespace

void warm_up() {
  std::setlocale(LC_ALL, "C.UTF-8");
  setenv("TZ", "UTC0", 1);
  tzset();
  util::sha256_hex("");
  // With its own limit malloc does not ask the kernel for the number of processors in a late thread.
  mallopt(M_ARENA_MAX, 16);
  shrink_arena_of_a_thread();
}

}  // namespace portcullis::scanner
