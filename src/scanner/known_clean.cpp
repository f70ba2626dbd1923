// SPDX-License-Identifier: Apache-2.0
#include "known_clean.hpp"

#include <sys/random.h>

namespace portcullis::scanner {

Sampler::Sampler(std::uint32_t one_in) : chance_(0, one_in > 0 ? one_in - 1 : 0) {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) {
    chance_ = std::uniform_int_distribution<std::uint32_t>(0, 0);
  }
  random_.seed(seed);
}

}  // namespace portcullis::scanner
