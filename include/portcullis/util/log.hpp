// SPDX-License-Identifier: Apache-2.0
//
// Structured log on stderr: an event name in words and key=value fields, as text or as JSON lines.
// Field values are rendered by safe_text(); callers pass raw values, and never a credential.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace portcullis::util::log {

enum class Level { debug, info, warn, error, off };
enum class Format { text, json };

std::optional<Level> parse_level(std::string_view text);
std::optional<Format> parse_format(std::string_view text);

/// Process-wide; call once at start-up before other threads log. Default: info, text.
void configure(Level level, Format format);

/// Key and value of one field. Numbers are rendered in decimal.
struct Field {
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  template <class N>
  requires std::is_arithmetic_v<N> Field(std::string_view k, N v)
      : key(k), value(std::to_string(v)), number(true) {}

  std::string_view key;
  std::string value;
  bool number = false;
};
using Fields = std::initializer_list<Field>;

/// Thread-safe. `event` is a short phrase from our own code, such as "pull blocked".
void write(Level level, std::string_view event, Fields fields = {});
inline void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
inline void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) { write(Level::warn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }

}  // namespace portcullis::util::log
