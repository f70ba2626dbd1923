// SPDX-License-Identifier: Apache-2.0
//
// What protects and what goes on now, as the overview and the status show it.
#pragma once

#include "service.hpp"

namespace portcullis::api {

Json scanner_json(const scan::Service& scanner);
Json upstreams_json(const Service& service);
Json judging_json(const gate::Gate& gate);
Json rescans_json(const gate::RescanProgress& progress);
Json to_json(const records::WaiverCounts& counts);

/// The parts above with what an operator should look into, the worst first; nothing: all is well.
Json protection_json(const Service& service);

}  // namespace portcullis::api
