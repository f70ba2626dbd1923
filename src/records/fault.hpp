// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "portcullis/util/result.hpp"

namespace portcullis::records {

/// What is wrong with a database, coarse enough to count and to advise on.
enum class Fault {
  locked,   ///< somebody else holds it for longer than we wait
  full,     ///< no room on its disk
  corrupt,  ///< what is stored is damaged
  gone,     ///< the file was moved away, or the server does not answer
  denied,   ///< we are not let in, or may not write
  other,
};

/// The value of a metric label.
std::string_view to_string(Fault fault) noexcept;

struct Trouble {
  Fault fault = Fault::other;
  std::string problem;
  std::string advice;

  /// ErrorKind::io: "records LOCATION: PROBLEM; ADVICE".
  util::Error error(const std::string& location) const;
};

}  // namespace portcullis::records
