// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace portcullis::api {

/// src/api/openapi.json, which CMake puts into the program.
extern const std::string_view kOpenApiDocument;

}  // namespace portcullis::api
