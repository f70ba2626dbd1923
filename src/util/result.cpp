// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/result.hpp"

namespace portcullis::util {

const char* to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::absent:
      return "absent";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::unreachable:
      return "unreachable";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::limit:
      return "limit";
    case ErrorKind::io:
      return "io";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace portcullis::util
