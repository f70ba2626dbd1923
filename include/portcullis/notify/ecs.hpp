// SPDX-License-Identifier: Apache-2.0
//
// Events as other programs read them: one JSON object in one line, with ECS field names (Elastic Common
// Schema 8.11, dotted and flat) where they exist and `portcullis.*` where they do not. The one place that
// says so: files, syslog, webhooks, `portcullis events` and the admin API all print this.
#pragma once

#include <string>

#include "portcullis/findings/event.hpp"

namespace portcullis::notify {

/// `brief` leaves out the list of rules and of clients and cuts texts at 100 bytes; it is less than 8 KiB
/// and says `portcullis.truncated`. `full` is less than 256 KiB.
enum class Detail { full, brief };

/// Printable ASCII without a line feed, whatever the event holds. `public_url` is that of the admin side,
/// without a slash at its end; empty: no report URL.
std::string ecs_json(const findings::Event& event, const std::string& public_url,
                     Detail detail = Detail::full);

/// Where people read about a decision; empty without a `public_url` or an id.
std::string report_url(const std::string& public_url, const std::string& decision_id);

/// `docker.io/library/nginx`, or what there is of it.
std::string image_name(const findings::Event& event);

}  // namespace portcullis::notify
