// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "portcullis/api/api.hpp"
#include "problem.hpp"

namespace portcullis::api {

inline constexpr std::size_t kMaxBody = 16 * 1024;

/// The members of a body: one JSON object of strings, which is all that any route takes. Refused: another
/// media type than application/json, more than kMaxBody bytes, anything nested, a key twice, and one that is
/// not `known`; a misspelt term of a waiver must not make it wider.
class Body {
 public:
  static Outcome<Body> parse(const Request& request, std::span<const std::string_view> known);
  /// Empty when it is not there.
  const std::string& text(const std::string& name) const;

 private:
  std::map<std::string, std::string> members_;
};

}  // namespace portcullis::api
