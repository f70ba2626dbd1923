// SPDX-License-Identifier: Apache-2.0
//
// Harmless things that rules are meant to find. They are put together at run time, so that no file
// of this repository (and no checkout of it) trips a virus scanner.
#pragma once

#include <string>

namespace portcullis::test {

/// The EICAR test file, 68 bytes; found by rule `eicar_test_file`.
std::string eicar();

}  // namespace portcullis::test
