// SPDX-License-Identifier: Apache-2.0
#include "paths.hpp"

namespace portcullis::test {
namespace {

std::string joined(std::string top, std::string_view below) {
  return below.empty() ? top : top.append("/").append(below);
}

}  // namespace

std::string source_path(std::string_view below) { return joined(PORTCULLIS_SOURCE_DIR, below); }
std::string program_path(std::string_view below) { return joined(PORTCULLIS_BIN_DIR, below); }

}  // namespace portcullis::test
