// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "portcullis/upstream/registry.hpp"

namespace portcullis::gate {

/// An upstream in memory that holds one image, the canary: one plain tar layer with one file, the
/// EICAR test string. It answers for every tag, and goes through the gate like any other image.
std::unique_ptr<upstream::Registry> make_canary();

}  // namespace portcullis::gate
