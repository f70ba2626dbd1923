// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "content.hpp"
#include "portcullis/scan/protocol.hpp"

namespace portcullis::scanner {

/// Takes the whole input of a job apart, by its kind, and hands every regular file to `visitor`. An
/// Ending with Outcome::unavailable means that the worker has to give up.
unpack::Ending read_input(const scan::JobRequest& request, const unpack::Limits& limits, PipeSource& input,
                          int whole_file, unpack::Spool spool, unpack::Visitor& visitor);

}  // namespace portcullis::scanner
