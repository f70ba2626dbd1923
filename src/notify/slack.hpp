// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "portcullis/findings/event.hpp"

namespace portcullis::notify {

/// The body of a Slack incoming webhook: `text`, which Mattermost shows, and `blocks`, which Slack shows.
/// What comes from images and clients stands in code spans, where neither sees links, mentions or markup.
std::string slack_json(const findings::Event& event, const std::string& public_url);

}  // namespace portcullis::notify
