// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "portcullis/notify/ecs.hpp"
#include "portcullis/notify/target.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::notify {

bool Filter::matches(const findings::Event& event) const {
  if (event.severity < min_severity) return false;
  if (!actions.empty() && std::find(actions.begin(), actions.end(), event.action) == actions.end()) {
    return false;
  }
  if (repositories.empty()) return true;
  const std::string name = image_name(event);
  return std::any_of(repositories.begin(), repositories.end(),
                     [&](const std::string& glob) { return util::glob_match(glob, name); });
}

}  // namespace portcullis::notify
