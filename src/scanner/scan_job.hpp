// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "fork_server.hpp"
#include "portcullis/engine/rule_set.hpp"
#include "portcullis/scan/protocol.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::scanner {

using BeforeInput = std::function<util::Result<void>()>;

/// The work of a worker without its confinement: threads, input, results. `before_input` is called when
/// all threads run and not one byte was read. Returns the exit code.
int run_scan(const engine::RuleSet& rules, std::string_view version, const scan::JobRequest& request,
             const WorkerDescriptors& at, const BeforeInput& before_input);

/// How many scan threads the worker of this job starts.
std::uint32_t threads_of(const scan::JobRequest& request);

/// Says why on stderr; gives the exit code.
int give_up(const std::string& why);

}  // namespace portcullis::scanner
