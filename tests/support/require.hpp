// SPDX-License-Identifier: Apache-2.0
//
// What a test needs from the machine. With CI=true something missing fails the test; elsewhere the
// test is skipped, and says so loudly.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace portcullis::test {

/// Is the program in PATH?
bool have_tool(const std::string& name);
bool have_root();
bool in_ci();

}  // namespace portcullis::test

#define PORTCULLIS_REQUIRE(condition, what)                                                   \
  do {                                                                                        \
    if (!(condition)) {                                                                       \
      if (::portcullis::test::in_ci()) FAIL() << "CI=true, and this test needs " << (what);   \
      GTEST_SKIP() << "!!! NOT TESTED on this machine: this test needs " << (what) << " !!!"; \
    }                                                                                         \
  } while (false)

#define PORTCULLIS_REQUIRE_TOOL(name) \
  PORTCULLIS_REQUIRE(::portcullis::test::have_tool(name), std::string("the program ") + (name))
#define PORTCULLIS_REQUIRE_ROOT() PORTCULLIS_REQUIRE(::portcullis::test::have_root(), "root")
