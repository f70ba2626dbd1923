// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

#include "portcullis/util/fd.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::scan {

struct Spawned {
  pid_t pid = -1;
  util::UniqueFd pidfd;
};

/// Starts `program` with an empty environment, its own process group, default signals, /dev/null as
/// stdin and stdout, `error_output` as stderr, `control` as descriptor kControlFd and nothing else.
util::Result<Spawned> spawn_scanner(const std::filesystem::path& program,
                                    const std::vector<std::string>& arguments, int control, int error_output);

/// Reads lines from `fd` until it ends and logs them: cut to a bounded length, at most so many a
/// minute (a worker that was taken over can write to it too).
void pump_to_log(util::UniqueFd fd);

}  // namespace portcullis::scan
