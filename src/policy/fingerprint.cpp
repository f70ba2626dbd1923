// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "portcullis/policy/policy.hpp"
#include "portcullis/util/hash.hpp"

namespace portcullis::policy {
namespace {

/// Raise it when decide() changes its mind about the same inputs.
constexpr int kLogicVersion = 2;
constexpr std::size_t kLength = 16;

/// Lengths go before texts, so that no two policies render the same.
void add(std::string& text, std::string_view key, std::string_view value) {
  text.append(key).append("=").append(std::to_string(value.size())).append(":").append(value).append("\n");
}

void add(std::string& text, std::string_view key, long long value) { add(text, key, std::to_string(value)); }

/// As a set: neither the order nor a repetition means anything.
void add(std::string& text, std::string_view key, std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (const auto& value : values) add(text, key, value);
}

template <class Enum>
long long number(Enum value) {
  return static_cast<long long>(value);
}

void add(std::string& text, const Override& override) {
  add(text, "override", override.match);
  const auto put = [&text](std::string_view key, const auto& value) {
    if (value) add(text, key, number(*value));
  };
  put("mode", override.mode);
  put("block_at", override.block_at);
  put("warn_at", override.warn_at);
  for (const auto outcome : findings::kAllOutcomes) {
    if (outcome == findings::Outcome::complete) continue;
    put(findings::to_string(outcome), override.on_outcome[static_cast<std::size_t>(outcome)]);
  }
  if (override.cooldown) add(text, "cooldown", override.cooldown->count());
}

}  // namespace

std::string Policy::fingerprint() const {
  std::string text;
  add(text, "logic", kLogicVersion);
  add(text, "mode", number(mode));
  add(text, "block_at", number(block_at));
  add(text, "warn_at", number(warn_at));
  for (const auto outcome : findings::kAllOutcomes) {
    if (outcome == findings::Outcome::complete) continue;
    add(text, findings::to_string(outcome), number(on_outcome[static_cast<std::size_t>(outcome)]));
  }
  add(text, "allow", allow_repositories);
  add(text, "deny", deny_repositories);
  std::vector<std::string> digests;
  for (const auto& digest : deny_digests) digests.push_back(digest.text());
  add(text, "deny_digest", digests);
  add(text, "cooldown", cooldown.count());
  add(text, "names.registry", number(names.registry));
  add(text, "names.known_bad", number(names.known_bad));
  add(text, "names.alone", number(names.suspicions.alone));
  add(text, "names.with_second_signal", number(names.suspicions.with_second_signal));
  add(text, "names.finding_at", number(names.suspicions.finding_at));
  add(text, "names.new_for", names.suspicions.new_for.count());
  add(text, "names.reference", names.reference);
  for (const auto& override : overrides) add(text, override);  // their order means something
  return util::sha256_hex(text).substr(0, kLength);
}

}  // namespace portcullis::policy
