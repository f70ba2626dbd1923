// SPDX-License-Identifier: Apache-2.0
#include "challenge.hpp"

#include <optional>

#include "portcullis/util/text.hpp"

namespace portcullis::upstream {
namespace {

bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  void skip_separators() {
    while (peek() == ' ' || peek() == '\t' || peek() == ',') ++at_;
  }
  std::string_view token() {
    const std::size_t start = at_;
    while (!done() && is_token_char(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }
  /// After the opening quote; nullopt when it is never closed.
  std::optional<std::string> quoted() {
    std::string out;
    while (!done()) {
      char c = text_[at_++];
      if (c == '"') return out;
      if (c == '\\' && !done()) c = text_[at_++];
      out += c;
    }
    return std::nullopt;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> challenges;
  Reader in(header);
  for (in.skip_separators(); !in.done(); in.skip_separators()) {
    const std::string name = util::to_lower_ascii(in.token());
    if (name.empty()) break;
    in.skip_space();
    if (!in.take('=')) {  // a scheme; what follows with '=' are its parameters
      challenges.push_back({name, {}});
      continue;
    }
    if (challenges.empty()) break;
    in.skip_space();
    std::string value;
    if (in.take('"')) {
      auto text = in.quoted();
      if (!text) break;
      value = std::move(*text);
    } else {
      value = in.token();
    }
    challenges.back().params.emplace(name, std::move(value));
  }
  return challenges;
}

}  // namespace portcullis::upstream
