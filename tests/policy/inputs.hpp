// SPDX-License-Identifier: Apache-2.0
//
// A clean image, and the pieces that tests put on top of it.
#pragma once

#include <string>

#include "portcullis/policy/policy.hpp"

namespace portcullis::policy::samples {

inline constexpr util::TimePoint kNow{std::chrono::milliseconds(1'795'000'000'000)};

inline oci::Digest digest(const std::string& content) { return oci::Digest::of(content); }

inline ScannedBlob blob(const std::string& place) {
  ScannedBlob b{.digest = digest(place), .place = place};
  b.result.outcome = findings::Outcome::complete;
  return b;
}

/// docker.io/library/nginx with a config and two layers, all clean.
inline Inputs clean() {
  Inputs inputs{.host = "docker.io", .repository = "library/nginx", .manifest = digest("manifest")};
  inputs.blobs = {blob("config"), blob("layer 1"), blob("layer 2")};
  inputs.first_seen = kNow - std::chrono::days(30);
  return inputs;
}

inline findings::Finding finding(const std::string& rule, findings::Severity severity,
                                 const std::string& path = "usr/bin/x") {
  findings::Finding f;
  f.rule = rule;
  f.severity = severity;
  f.path = path;
  f.file_hash = std::string(64, 'f');
  return f;
}

/// Matches the clean image and findings of `rule`, by rule and manifest digest.
inline findings::Waiver waiver(const std::string& rule) {
  findings::Waiver w;
  w.id = "w1";
  w.rule = rule;
  w.digest = digest("manifest").text();
  w.reason = "known";
  w.author = "sec";
  w.created = kNow - std::chrono::hours(1);
  w.expires = kNow + std::chrono::hours(1);
  return w;
}

}  // namespace portcullis::policy::samples
