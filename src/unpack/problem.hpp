// SPDX-License-Identifier: Apache-2.0
//
// Why a layer or an archive cannot be judged. Everything in this part fails with one of these; the
// first one ends the unpacking.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "portcullis/findings/scan_result.hpp"

namespace portcullis::unpack {

struct Problem {
  findings::Outcome code = findings::Outcome::unscannable;
  std::string rule;          ///< stable id, see rules in layer.hpp
  std::string reason;        ///< one line in words; may quote hostile text
  std::uint64_t offset = 0;  ///< in the tar stream
};

template <class T>
using Checked = tl::expected<T, Problem>;

/// Ambiguous or broken.
inline tl::unexpected<Problem> refuse(std::string rule, std::string reason, std::uint64_t offset) {
  return tl::unexpected<Problem>(
      Problem{findings::Outcome::unscannable, std::move(rule), std::move(reason), offset});
}

/// A budget was met.
inline tl::unexpected<Problem> over_limit(std::string rule, std::string reason, std::uint64_t offset) {
  return tl::unexpected<Problem>(
      Problem{findings::Outcome::limit, std::move(rule), std::move(reason), offset});
}

/// The source failed, or the visitor wants no more: says nothing about the content.
inline tl::unexpected<Problem> unavailable(std::string rule, std::string reason, std::uint64_t offset) {
  return tl::unexpected<Problem>(
      Problem{findings::Outcome::unavailable, std::move(rule), std::move(reason), offset});
}

}  // namespace portcullis::unpack
