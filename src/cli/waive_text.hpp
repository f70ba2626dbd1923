// SPDX-License-Identifier: Apache-2.0
//
// How waivers and their effect read, for a person and as JSON. All of it is safe text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "portcullis/gate/waiving.hpp"
#include "portcullis/records/search.hpp"

namespace portcullis::cli {

std::string waiver_text(const records::WaiverRecord& record, util::TimePoint now);
nlohmann::ordered_json waiver_json(const records::WaiverRecord& record, util::TimePoint now);

/// One that does not exist yet: without id and state.
std::string proposal_text(const findings::Waiver& waiver);
nlohmann::ordered_json proposal_json(const findings::Waiver& waiver);

/// What a waiver that does not exist yet would let through.
std::string effect_text(const gate::WaiverEffect& effect);
nlohmann::ordered_json effect_json(const gate::WaiverEffect& effect);

/// "docker.io/library/app:1, :latest (sha256:...)".
std::string image_text(const std::string& name, const std::vector<std::string>& tags,
                       const std::string& manifest);

}  // namespace portcullis::cli
