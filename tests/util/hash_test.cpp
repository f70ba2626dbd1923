// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/hash.hpp"

#include <gtest/gtest.h>

namespace portcullis::util {
namespace {

// Vectors of FIPS 180-2.
TEST(Hasher, Sha256Vectors) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hasher, Sha512Vector) {
  Hasher hasher(HashAlgorithm::sha512);
  hasher.update("abc");
  EXPECT_EQ(hasher.finish_hex(),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Hasher, PiecesAreOneContent) {
  Hasher hasher;
  hasher.update("a");
  hasher.update("");
  Hasher moved = std::move(hasher);
  moved.update(std::string_view("bc"));
  EXPECT_EQ(moved.finish_hex(), sha256_hex("abc"));
}

}  // namespace
}  // namespace portcullis::util
