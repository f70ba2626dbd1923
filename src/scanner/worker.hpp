// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "fork_server.hpp"
#include "portcullis/engine/rule_set.hpp"
#include "portcullis/sandbox/sandbox.hpp"

namespace portcullis::scanner {

/// The life of one worker: confinement, threads, input, result. Returns its exit code. `version` is
/// that of this program: with the rules and the limits it makes the profile.
int run_worker(const engine::RuleSet& rules, std::string_view version, const scan::JobRequest& request,
               const WorkerDescriptors& at);

/// What finds no memory ends the process with an exit code of its own.
void end_when_out_of_memory();
/// What a worker with these limits may use.
sandbox::Limits sandbox_limits(const scan::Limits& limits, std::uint32_t threads);

}  // namespace portcullis::scanner
