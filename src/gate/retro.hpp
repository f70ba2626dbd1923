// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "judged.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::gate {

/// Why an image that was served under `before` is blocked now: rescan, policy, waiver-expired or
/// waiver-revoked.
util::Result<std::string> cause_of_block(const Parts& parts, const records::DecisionRecord& before,
                                         const Judged& judged);

/// The `retro-alert` to an `image-blocked` event whose `extra` says that the image was served until then, by
/// `cause` and by `previous`, the id of the decision under which it was. nullopt when nobody pulled it. It is
/// written in one transaction with the decision; and where a pull comes into the records after that, once
/// (put_event_once).
///
/// Its `extra` says in addition `pullers.count`, `pullers.more` (how many of these are not listed) and
/// `pullers`, a JSON array, the last to pull first, of
/// {"address", "user", "agent", "first", "last", "requests"}; times in RFC 3339, texts safe.
util::Result<std::optional<records::Event>> retro_alert(const Parts& parts, const records::Event& blocked);

}  // namespace portcullis::gate
