// SPDX-License-Identifier: Apache-2.0
//
// Where things lie on this machine. Told to one file only, so that every other object of the tests is
// the same in each checkout and a compiler cache can serve it.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::test {

/// `below` the top of the sources, such as "rules/yara".
std::string source_path(std::string_view below = {});
/// `below` the directory of the programs that were built, such as "portcullis-scanner".
std::string program_path(std::string_view below = {});

}  // namespace portcullis::test
