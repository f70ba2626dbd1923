// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>

#include "portcullis/util/clock.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::util::log {
namespace {

constexpr std::size_t kValueLimit = 1024;  // reasons and paths; a line stays readable

std::atomic<Format> chosen_format{Format::text};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

/// The one logger; not in spdlog's registry, so nothing else can reach or change it.
spdlog::logger& logger() {
  static const std::unique_ptr<spdlog::logger> instance = [] {
    auto made =
        std::make_unique<spdlog::logger>("portcullis", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::info);
    return made;
  }();
  return *instance;
}

std::string_view text_name(Level level) {
  switch (level) {
    case Level::debug:
      return "DEBUG";
    case Level::info:
      return "INFO ";
    case Level::warn:
      return "WARN ";
    case Level::error:
      return "ERROR";
    case Level::off:
      return "OFF  ";
  }
  return "OFF  ";
}

std::string_view json_name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
    case Level::off:
      return "off";
  }
  return "off";
}

std::string text_value(const std::string& raw) {
  const std::string safe = safe_text(raw, kValueLimit);
  if (!safe.empty() && safe.find_first_of(" \"=") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '\\';  // a backslash of the value itself arrives doubled
    quoted += c;
  }
  return quoted + '"';
}

/// safe_text leaves printable ASCII: only these two characters mean something in a JSON string.
std::string json_string(std::string_view raw) {
  std::string quoted = "\"";
  for (const char c : safe_text(raw, kValueLimit)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

/// std::to_string(double) may say "nan" or "inf", which JSON does not know.
bool is_json_number(const Field& field) {
  return field.number && field.value.find_first_not_of("-0123456789.") == std::string::npos;
}

std::string text_line(Level level, std::string_view event, Fields fields) {
  std::string line = to_rfc3339(SystemClock().now()) + " ";
  line += text_name(level);
  line += ' ';
  line += safe_text(event, kValueLimit);
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    line += text_value(field.value);
  }
  return line;
}

std::string json_line(Level level, std::string_view event, Fields fields) {
  std::string line = "{\"@timestamp\":\"" + to_rfc3339(SystemClock().now()) + "\",\"log.level\":\"";
  line += json_name(level);
  line += "\",\"message\":" + json_string(event);
  for (const Field& field : fields) {
    line += ',';
    line += json_string(field.key);
    line += ':';
    line += is_json_number(field) ? field.value : json_string(field.value);
  }
  return line + "}";
}

}  // namespace

std::optional<Level> parse_level(std::string_view text) {
  for (const Level level : {Level::debug, Level::info, Level::warn, Level::error, Level::off}) {
    if (json_name(level) == text) return level;
  }
  return std::nullopt;
}

std::optional<Format> parse_format(std::string_view text) {
  if (text == "text") return Format::text;
  if (text == "json") return Format::json;
  return std::nullopt;
}

void configure(Level level, Format format) {
  chosen_format = format;
  logger().set_level(to_spdlog(level));
}

void write(Level level, std::string_view event, Fields fields) {
  const auto spdlog_level = to_spdlog(level);
  if (level == Level::off || !logger().should_log(spdlog_level)) return;
  const auto render = chosen_format.load() == Format::json ? json_line : text_line;
  // As an argument, never as the format: a brace in a value must not mean anything.
  logger().log(spdlog_level, "{}", render(level, event, fields));
}

}  // namespace portcullis::util::log
