// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace portcullis::matrix {

/// The table of expected.hpp and its notes, as the README has them between its two markers.
std::string as_markdown();

}  // namespace portcullis::matrix
