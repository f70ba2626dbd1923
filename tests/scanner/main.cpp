// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "misbehaving_worker.hpp"

int main(int argc, char** argv) {
  // The tests start this very program as the scanner when they want workers that misbehave.
  if (portcullis::test::started_as_scanner()) return portcullis::test::run_misbehaving_scanner();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
