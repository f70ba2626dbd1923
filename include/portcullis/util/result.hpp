// SPDX-License-Identifier: Apache-2.0
//
// Expected outcomes are values. A function that can fail in a way its caller is meant to handle
// returns `Result<T>`; exceptions are left to fatal start-up errors and to the standard library.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace portcullis::util {

/// What went wrong, coarse enough to branch on. *absent*, *denied* and *unreachable* stay three
/// different values on purpose: a caller must never turn one into another.
enum class ErrorKind {
  invalid,      ///< the input breaks a grammar or a rule; the message quotes it
  absent,       ///< it does not exist, and whoever was asked was able to say so
  denied,       ///< it may exist, but we may not have it
  unreachable,  ///< nobody answered, or the answer was a server error
  corrupt,      ///< bytes arrived, and they are not what they claim to be
  limit,        ///< a configured bound was met
  io,           ///< the local system refused (disk full, permission, ...)
  cancelled,    ///< the caller, or shutdown, ended it
  internal,     ///< a broken promise inside Portcullis
};

const char* to_string(ErrorKind kind) noexcept;

/// `message` is one line for a person: what is wrong, where, what to do. It may quote hostile
/// text; whoever shows it passes it through safe_text().
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, std::move(message)});
}

/// Adds where the error was met in front of its message: "reading X: <message>".
inline tl::unexpected<Error> fail(std::string_view where, Error error) {
  error.message.insert(0, std::string(where) + ": ");
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace portcullis::util
