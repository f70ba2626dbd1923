// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "portcullis/util/stream.hpp"

namespace portcullis::scan {

/// A root file system as the input of a job of JobKind::directory, for who wants to see it pass by. Links are
/// not followed; what cannot be read is an error, so that a tree is judged whole or not at all. `directory`
/// is a descriptor and stays the caller's.
std::unique_ptr<util::ByteSource> directory_source(int directory);

}  // namespace portcullis::scan
