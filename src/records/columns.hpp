// SPDX-License-Identifier: Apache-2.0
//
// How the project's value types travel through SOCI. No column is nullable: SOCI itself refuses a
// NULL that arrives anywhere.
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>
#include <string_view>

#include "portcullis/findings/decision.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::records {

/// Enumerations are stored by name, so that a row means the same to every version and to a person.
template <class Enum, std::optional<Enum> (*Parse)(std::string_view) noexcept>
struct NamedEnum {
  using base_type = std::string;
  static void from_base(const std::string& name, soci::indicator, Enum& value) {
    const auto parsed = Parse(name);
    if (!parsed) throw soci::soci_error("a stored value is damaged: \"" + name.substr(0, 80) + '"');
    value = *parsed;
  }
  static void to_base(const Enum& value, std::string& name, soci::indicator& indicator) {
    name = findings::to_string(value);
    indicator = soci::i_ok;
  }
};

std::optional<findings::Source> parse_source(std::string_view name) noexcept;

/// A digest from a column; throws soci_error when it is none.
oci::Digest digest_column(const std::string& text);
/// Empty: what is about a name alone has none.
std::string manifest_column(const std::optional<oci::Digest>& manifest);
std::optional<oci::Digest> manifest_column(const std::string& text);

}  // namespace portcullis::records

namespace soci {

template <>
struct type_conversion<portcullis::findings::Action>
    : portcullis::records::NamedEnum<portcullis::findings::Action, portcullis::findings::parse_action> {};
template <>
struct type_conversion<portcullis::findings::Severity>
    : portcullis::records::NamedEnum<portcullis::findings::Severity, portcullis::findings::parse_severity> {};
template <>
struct type_conversion<portcullis::findings::Outcome>
    : portcullis::records::NamedEnum<portcullis::findings::Outcome, portcullis::findings::parse_outcome> {};
template <>
struct type_conversion<portcullis::findings::Source>
    : portcullis::records::NamedEnum<portcullis::findings::Source, portcullis::records::parse_source> {};

/// Milliseconds since the epoch.
template <>
struct type_conversion<portcullis::util::TimePoint> {
  using base_type = long long;
  static void from_base(long long millis, indicator, portcullis::util::TimePoint& time) {
    time = portcullis::util::from_millis(millis);
  }
  static void to_base(const portcullis::util::TimePoint& time, long long& millis, indicator& indicator) {
    millis = portcullis::util::to_millis(time);
    indicator = i_ok;
  }
};

template <>
struct type_conversion<bool> {
  using base_type = int;
  static void from_base(int number, indicator, bool& value) { value = number != 0; }
  static void to_base(const bool& value, int& number, indicator& indicator) {
    number = value ? 1 : 0;
    indicator = i_ok;
  }
};

}  // namespace soci
