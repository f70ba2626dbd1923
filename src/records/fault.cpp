// SPDX-License-Identifier: Apache-2.0
#include "fault.hpp"

namespace portcullis::records {

std::string_view to_string(Fault fault) noexcept {
  switch (fault) {
    case Fault::locked:
      return "locked";
    case Fault::full:
      return "full";
    case Fault::corrupt:
      return "corrupt";
    case Fault::gone:
      return "gone";
    case Fault::denied:
      return "denied";
    case Fault::other:
      break;
  }
  return "other";
}

util::Error Trouble::error(const std::string& location) const {
  return {util::ErrorKind::io, "records " + location + ": " + problem + "; " + advice};
}

}  // namespace portcullis::records
