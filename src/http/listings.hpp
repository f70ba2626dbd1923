// SPDX-License-Identifier: Apache-2.0
//
// What a registry lists: the tags of a repository, the referrers of a manifest.
#pragma once

#include <chrono>

#include "message.hpp"
#include "portcullis/gate/gate.hpp"
#include "route.hpp"

namespace portcullis::http {

/// `GET /v2/<name>/tags/list`. The next page is linked to here, with a relative address.
Answer tags_answer(const Target& target, const TagsTarget& wanted, gate::Gate& gate,
                   std::chrono::milliseconds patience);

/// `GET /v2/<name>/referrers/<digest>`, filtered by `artifactType` here, whatever the upstream does.
/// On the mirror route whatever goes wrong is an empty index with a Warning: docker and containerd
/// would take an error to the origin. On the prefix route, where those who verify signatures ask, an
/// error stays an error.
Answer referrers_answer(const Target& target, const ReferrersTarget& wanted, gate::Gate& gate,
                        std::chrono::milliseconds patience);

Answer no_catalog();

}  // namespace portcullis::http
