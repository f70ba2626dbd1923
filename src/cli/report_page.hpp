// SPDX-License-Identifier: Apache-2.0
//
// A text for people, line by line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "report.hpp"

namespace portcullis::cli {

/// Lines, coloured and broken as the style says. What was put together for a line is safe text.
class Page {
 public:
  explicit Page(const Style& style) : style_(style) {}

  std::string paint(const char* sequence, std::string text) const {
    if (style_.colour == Colour::off) return text;
    return std::string("\033[") + sequence + "m" + text + "\033[0m";
  }
  std::string bold(std::string text) const { return paint("1", std::move(text)); }

  void blank() { text_ += '\n'; }
  /// `first` begins the first line and `next` the others; both count as one column a byte.
  void line(const std::string& first, const std::string& next, const std::string& text) {
    std::size_t left = room(first);
    std::string prefix = first;
    std::string rest = text;
    while (style_.width != 0 && rest.size() > left) {
      std::size_t cut = rest.rfind(' ', left);
      if (cut == std::string::npos || cut == 0) cut = rest.find(' ');
      if (cut == std::string::npos) break;
      text_ += prefix + rest.substr(0, cut) + '\n';
      rest.erase(0, cut + 1);
      prefix = next;
      left = room(next);
    }
    text_ += prefix + rest + '\n';
  }
  void line(const std::string& text) { line("", "", text); }
  void raw(const std::string& text) { text_ += text + '\n'; }

  std::string text() && { return std::move(text_); }

 private:
  /// What is left of a line behind `prefix`, whose colours take no place.
  std::size_t room(const std::string& prefix) const {
    constexpr std::size_t kLeast = 20;
    std::size_t columns = 0;
    for (std::size_t at = 0; at < prefix.size(); ++at) {
      if (prefix[at] == '\033') {
        at = prefix.find('m', at);
      } else {
        ++columns;
      }
    }
    return std::max(style_.width, columns + kLeast) - columns;
  }

  Style style_;
  std::string text_;
};

inline const char* colour_of(findings::Severity severity) {
  return severity >= findings::Severity::high ? "31" : severity == findings::Severity::medium ? "33" : "36";
}

inline const char* colour_of(Verdict verdict) {
  return verdict == Verdict::allow ? "32" : verdict == Verdict::warn ? "33" : "31";
}

}  // namespace portcullis::cli
