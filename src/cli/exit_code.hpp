// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "portcullis/util/result.hpp"

namespace portcullis::cli {

/// What the shell sees. From 64 on (sysexits.h) it is the command line or its surroundings that
/// must change, never the image.
enum ExitCode : int {
  kClean = 0,
  kBlocked = 1,        ///< `doctor`: a check failed; `rules lint`: something is wrong
  kCouldNotJudge = 2,  ///< nothing is known; never to be taken for clean
  kUsage = 64,
  kCannotStart = 69,
  kCannotWrite = 74,
  kBadConfiguration = 78,
};

/// Prints finished text on stdout and gives `code` back, or kCannotWrite with a line why.
int print(std::string_view text, ExitCode code = kClean);
/// Prints "portcullis: <message>" as one safe line on stderr and gives `code` back.
int fail(ExitCode code, std::string_view message);
/// For a configuration that could not be loaded: what is wrong with it, or that it is not there.
int fail_configuration(const util::Error& error);

}  // namespace portcullis::cli
