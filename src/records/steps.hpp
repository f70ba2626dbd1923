// SPDX-License-Identifier: Apache-2.0
//
// The statements of each migration step, one source file each. `{identity}`, `{clustered}` and TEXT are
// written as the dialect has them. Times are milliseconds since the epoch where the name ends in _at; texts
// are encoded (encoding.hpp).
#pragma once

#include <span>
#include <string_view>

namespace portcullis::records {

std::span<const std::string_view> first_step();
std::span<const std::string_view> second_step();
std::span<const std::string_view> third_step();
std::span<const std::string_view> fourth_step();
std::span<const std::string_view> fifth_step();
std::span<const std::string_view> sixth_step();

}  // namespace portcullis::records
