// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "portcullis/util/result.hpp"

namespace portcullis::sandbox {

/// 0 when the kernel has no Landlock or it is switched off.
int landlock_abi();

/// Denies everything that ABI `abi` knows of, to this thread and those it starts.
util::Result<void> landlock_deny_everything(int abi);

}  // namespace portcullis::sandbox
