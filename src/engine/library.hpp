// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yara.h>

#include <memory>
#include <string>

namespace portcullis::engine {

/// yr_initialize() once a process. Returns libyara's error code.
int initialize_library();

/// libyara's error number in words, as far as a scan or a compilation can meet it.
std::string describe_error(int code);

struct CompilerDeleter {
  void operator()(YR_COMPILER* compiler) const { yr_compiler_destroy(compiler); }
};
struct RulesDeleter {
  void operator()(YR_RULES* rules) const { yr_rules_destroy(rules); }
};
struct ScannerDeleter {
  void operator()(YR_SCANNER* scanner) const { yr_scanner_destroy(scanner); }
};
using CompilerHandle = std::unique_ptr<YR_COMPILER, CompilerDeleter>;
using RulesHandle = std::unique_ptr<YR_RULES, RulesDeleter>;
using ScannerHandle = std::unique_ptr<YR_SCANNER, ScannerDeleter>;

/// Names of the externals rules may use; all are strings.
inline constexpr const char* kFilename = "filename";
inline constexpr const char* kFilepath = "filepath";
inline constexpr const char* kExtension = "extension";
inline constexpr const char* kFiletype = "filetype";
inline constexpr const char* kOwner = "owner";
inline constexpr const char* kPathExternals[] = {kFilename, kFilepath, kExtension, kFiletype, kOwner};

}  // namespace portcullis::engine
