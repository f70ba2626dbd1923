// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace portcullis::cli {

/// Who sits at the keyboard, for the audit log: "user@host", and the user who called sudo rather than root.
/// A courtesy, not a proof; who may write to the records may write any name.
std::string operator_name();

}  // namespace portcullis::cli
