// SPDX-License-Identifier: Apache-2.0
//
// Archives that come as a stream are put into a file first: what an archive is about stands at its end.
#pragma once

#include <string_view>

#include "portcullis/util/fd.hpp"
#include "scan_session.hpp"

namespace portcullis::cli {

/// `sha256:...` or its hex digits, as `docker build -q` prints.
bool is_image_id(std::string_view name);

/// Files without a name in the data directory, at most as large as `limits.unpacked_bytes` lets a layer be;
/// ErrorKind::limit beyond that.
util::Result<util::UniqueFd> spool_from_daemon(const ScanContext& context, const Source& source);
/// The standard input itself when it is a regular file.
util::Result<util::UniqueFd> spool_from_stdin(const ScanContext& context);

}  // namespace portcullis::cli
