// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"

namespace portcullis::engine {

int initialize_library() {
  // Never finalized: rule sets may live as long as the process, and it ends with _exit or main.
  static const int result = yr_initialize();
  return result;
}

std::string describe_error(int code) {
  switch (code) {
    case ERROR_INSUFFICIENT_MEMORY:
      return "out of memory";
    case ERROR_SCAN_TIMEOUT:
      return "timeout";
    case ERROR_TOO_MANY_MATCHES:
      return "too many matches of one string";
    case ERROR_EXEC_STACK_OVERFLOW:
      return "a rule's condition overflowed its stack";
    case ERROR_INTERNAL_FATAL_ERROR:
      return "internal error of libyara";
    case ERROR_CALLBACK_ERROR:
      return "a module was refused";
    case ERROR_TOO_MANY_RE_FIBERS:
      return "a regular expression branches too much";
    default:
      return "libyara error " + std::to_string(code);
  }
}

}  // namespace portcullis::engine
