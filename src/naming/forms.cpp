// SPDX-License-Identifier: Apache-2.0
#include "forms.hpp"

#include <unicode/uidna.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>

#include <algorithm>
#include <array>
#include <memory>

#include "portcullis/util/text.hpp"

namespace portcullis::naming {
namespace {

constexpr std::size_t kMaxWords = 32;

struct CloseSpoof {
  void operator()(USpoofChecker* checker) const { uspoof_close(checker); }
};
struct CloseIdna {
  void operator()(UIDNA* idna) const { uidna_close(idna); }
};

/// Pairs that ICU keeps apart, on top of its skeleton (where `m` is `rn` already).
void fold_own_pairs(std::string& text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kPairs{{{"vv", "w"}, {"cl", "d"}}};
  for (const auto& [from, to] : kPairs) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
      text.replace(at, from.size(), to);
    }
  }
}

/// ICU's skeleton of `text`, in lower case; the text itself when ICU refuses.
icu::UnicodeString icu_skeleton(const icu::UnicodeString& text) {
  // Opening loads ICU's table; asking does not change the checker, which is safe for many threads then.
  static const std::unique_ptr<USpoofChecker, CloseSpoof> checker = [] {
    UErrorCode status = U_ZERO_ERROR;
    return std::unique_ptr<USpoofChecker, CloseSpoof>(uspoof_open(&status));
  }();
  icu::UnicodeString skeleton;
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString lower = text;
  lower.toLower();
  if (checker) uspoof_getSkeletonUnicodeString(checker.get(), 0, lower, skeleton, &status);
  if (!checker || U_FAILURE(status)) skeleton = lower;
  skeleton.toLower();  // ICU's prototype of 0 is O
  return skeleton;
}

std::array<std::string, 128> ascii_skeletons() {
  std::array<std::string, 128> table;
  for (std::size_t c = 0; c < table.size(); ++c) {
    icu_skeleton(icu::UnicodeString(static_cast<UChar32>(c))).toUTF8String(table[c]);
  }
  return table;
}

}  // namespace

bool is_separator(char c) { return c == '-' || c == '_' || c == '.'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string skeleton(std::string_view utf8) {
  std::string text;
  icu_skeleton(icu::UnicodeString::fromUTF8({utf8.data(), static_cast<int32_t>(utf8.size())}))
      .toUTF8String(text);
  fold_own_pairs(text);
  return text;
}

void append_ascii_skeleton(std::string_view ascii, std::string& out) {
  static const std::array<std::string, 128> table = ascii_skeletons();
  for (const char c : ascii) out += table[static_cast<unsigned char>(c) % table.size()];
  fold_own_pairs(out);
}

void append_without_separators(std::string_view name, std::string& out) {
  std::copy_if(name.begin(), name.end(), std::back_inserter(out), [](char c) { return !is_separator(c); });
}

bool append_sorted_words(std::string_view name, std::string& out) {
  std::array<std::string_view, kMaxWords> words;
  std::size_t count = 0;
  for (std::size_t from = 0; from <= name.size();) {
    const auto end = std::find_if(name.begin() + static_cast<std::ptrdiff_t>(from), name.end(), is_separator);
    const auto word = name.substr(from, static_cast<std::size_t>(end - name.begin()) - from);
    from += word.size() + 1;
    if (word.empty()) continue;
    if (count == kMaxWords) return false;
    words[count++] = word;
  }
  if (count < 2) return false;
  std::sort(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < count; ++i) out.append(words[i]) += '-';
  return true;
}

std::string_view without_version(std::string_view name) {
  const auto strip = [&](auto matches) {
    while (!name.empty() && matches(name.back())) name.remove_suffix(1);
  };
  const auto whole = name;
  strip([](char c) { return is_digit(c) || c == '.'; });
  if (name.size() == whole.size()) return whole;
  if (name.size() > 1 && name.back() == 'v' && is_separator(name[name.size() - 2])) name.remove_suffix(1);
  strip(is_separator);
  return name;
}

std::optional<std::string> decode_punycode(std::string_view host) {
  const auto labels = util::split(host, '.');
  if (std::none_of(labels.begin(), labels.end(), [](auto label) { return label.starts_with("xn--"); })) {
    return std::nullopt;
  }
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UIDNA, CloseIdna> idna(uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_UNICODE, &status));
  if (U_FAILURE(status)) return std::nullopt;
  std::string text(1024, '\0');
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  const int32_t length =
      uidna_nameToUnicodeUTF8(idna.get(), host.data(), static_cast<int32_t>(host.size()), text.data(),
                              static_cast<int32_t>(text.size()), &info, &status);
  if (U_FAILURE(status) || (info.errors & UIDNA_ERROR_PUNYCODE) != 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(length));
  return text;
}

}  // namespace portcullis::naming
