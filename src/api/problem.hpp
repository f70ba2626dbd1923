// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "portcullis/util/result.hpp"

namespace portcullis::api {

/// Why a request is not answered with what it asks for (RFC 9457).
struct Problem {
  int status = 500;
  std::string title;
  std::string detail;  ///< one line: what is wrong and what to do
};

template <class T>
using Outcome = tl::expected<T, Problem>;

inline tl::unexpected<Problem> refuse(int status, std::string title, std::string detail) {
  return tl::unexpected(Problem{status, std::move(title), std::move(detail)});
}

/// 400: the request itself is wrong.
inline tl::unexpected<Problem> bad_request(std::string detail) {
  return refuse(400, "The request is wrong", std::move(detail));
}

/// 404.
inline tl::unexpected<Problem> not_found(std::string detail) {
  return refuse(404, "Not found", std::move(detail));
}

/// 503: our own trouble, such as a database that does not answer.
inline tl::unexpected<Problem> unavailable(std::string what, const util::Error& error) {
  return refuse(503, "Portcullis cannot answer now", std::move(what) + ": " + error.message);
}

}  // namespace portcullis::api
