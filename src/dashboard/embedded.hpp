// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "portcullis/dashboard/dashboard.hpp"

namespace portcullis::dashboard {

// Written by build.mjs.
extern const std::span<const Asset> kAssets;
/// `/pulls`, `/reports/:id`; a component with a colon stands for any one.
extern const std::span<const std::string_view> kPages;

}  // namespace portcullis::dashboard
