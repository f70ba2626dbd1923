// SPDX-License-Identifier: Apache-2.0
//
// The query of a request, read strictly: a parameter that is not known, that comes twice or that has a value
// of another kind is an error that says what is expected. A misspelt filter must not show everything.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "portcullis/findings/decision.hpp"
#include "portcullis/findings/severity.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/util/clock.hpp"
#include "problem.hpp"

namespace portcullis::api {

inline constexpr std::size_t kMaxValue = 8192;  ///< a path has 4096 bytes, two digits each
inline constexpr std::size_t kDefaultLimit = 100;
inline constexpr std::size_t kMaxLimit = 500;

/// `%41` and nothing else is an escape (no '+'); nullopt when one is broken.
std::optional<std::string> percent_decode(std::string_view text);

/// The getters give what was asked for, or a default when it is not there; the first value that is wrong is
/// kept as problem(), to be looked at once after the last getter.
class Query {
 public:
  /// `known`: the parameters of the route.
  static Outcome<Query> parse(std::string_view text, std::span<const std::string_view> known);

  bool has(std::string_view name) const { return values_.contains(name); }
  std::string text(std::string_view name);
  std::optional<util::TimePoint> time(std::string_view name);
  std::optional<findings::Action> action(std::string_view name);
  std::optional<oci::Digest> digest(std::string_view name);
  std::optional<findings::Severity> severity(std::string_view name);
  /// 1 to kMaxLimit.
  std::size_t limit() { return number("limit", kDefaultLimit, kMaxLimit); }
  std::size_t number(std::string_view name, std::size_t otherwise, std::size_t most);
  /// One of `allowed`; the first of them when it is not there.
  std::string_view choice(std::string_view name, std::span<const std::string_view> allowed);
  /// Of `cursor`.
  records::PageCursor page();

  /// What to_hex() wrote.
  std::string bytes(std::string_view name);

  /// What a getter found, or a caller notes.
  void note(std::string_view name, std::string_view expected);
  const std::optional<Problem>& problem() const { return problem_; }

 private:
  const std::string* find(std::string_view name) const;

  std::map<std::string, std::string, std::less<>> values_;
  std::optional<Problem> problem_;
};

/// An RFC 3339 time, or how long from now: `7d`.
std::optional<util::TimePoint> parse_until(std::string_view text, util::TimePoint now);

std::string to_hex(std::string_view bytes);

/// `next` of an answer; empty after the last page.
std::string to_text(const records::PageCursor& cursor);

}  // namespace portcullis::api
