// SPDX-License-Identifier: Apache-2.0
//
// Pure: findings + names + waivers + policy + clock -> decision with reasons. No I/O, no state.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/findings/decision.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/util/clock.hpp"

namespace portcullis::policy {

enum class Mode { enforce, audit };

struct Policy {
  Mode mode = Mode::enforce;
  findings::Severity block_at = findings::Severity::high;
  findings::Severity warn_at = findings::Severity::low;
  /// What a scan that did not complete asks for, by Outcome. `complete` is ignored.
  std::array<findings::Action, std::size(findings::kAllOutcomes)> on_outcome = block_everything();
  std::vector<std::string>
      allow_repositories;  ///< globs over `host/repository`; never lift a digest mismatch
  std::vector<std::string> deny_repositories;
  std::vector<oci::Digest> deny_digests;  ///< manifests, configs or layers
  std::chrono::milliseconds cooldown{0};  ///< minimum age since first seen, and since `created`

  static constexpr std::array<findings::Action, std::size(findings::kAllOutcomes)> block_everything() {
    std::array<findings::Action, std::size(findings::kAllOutcomes)> all{};
    all.fill(findings::Action::block);
    return all;
  }
  /// Changes whenever a setting above changes the meaning of a decision. Short hex.
  std::string fingerprint() const;
};

/// One scanned blob of the image.
struct ScannedBlob {
  oci::Digest digest;
  std::string place = {};  ///< "config", "layer 1" ...: how reasons name it
  findings::ScanResult result = {};
};

struct Inputs {
  std::string host = {};        ///< `docker.io`
  std::string repository = {};  ///< `library/nginx`
  oci::Digest manifest;
  std::vector<ScannedBlob> blobs = {};
  std::vector<findings::Finding> structure = {};  ///< findings about the manifest itself
  std::vector<findings::NameVerdict> names = {};
  std::vector<findings::Waiver> waivers = {};
  std::optional<util::TimePoint> first_seen = {};  ///< by this fleet
  std::optional<util::TimePoint> created = {};     ///< as the config claims
};

/// Those of `waivers` that could apply to something in this image, by id. Expired ones stay in.
std::vector<findings::Waiver> waivers_for_image(const std::vector<findings::Waiver>& waivers,
                                                const std::string& host, const std::string& repository,
                                                const oci::Digest& manifest);

findings::Decision decide(const Policy& policy, const Inputs& inputs, util::TimePoint now);

/// The line a client is shown: "BLOCKED by Portcullis: <summary>; report <id>".
std::string client_line(const findings::Decision& decision, const std::string& report_id);

}  // namespace portcullis::policy
