// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/result.hpp"

#include <gtest/gtest.h>

#include <set>

namespace portcullis::util {
namespace {

TEST(Result, KindsHaveDifferentNames) {
  std::set<std::string> names;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) {
    names.insert(to_string(static_cast<ErrorKind>(kind)));
  }
  EXPECT_EQ(names.size(), 9u);
}

TEST(Result, WhereIsPutInFrontAndTheKindKept) {
  const Result<int> inner = fail(ErrorKind::denied, "no entry");
  const Result<void> outer = fail("reading X", inner.error());
  EXPECT_EQ(outer.error().message, "reading X: no entry");
  EXPECT_EQ(outer.error().kind, ErrorKind::denied);
}

}  // namespace
}  // namespace portcullis::util
