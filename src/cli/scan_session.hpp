// SPDX-License-Identifier: Apache-2.0
//
// What all sources of one `portcullis scan` share, and how each is judged.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/config/config.hpp"
#include "portcullis/oci/manifest.hpp"
#include "portcullis/upstream/docker_engine.hpp"
#include "report.hpp"
#include "scan_activity.hpp"
#include "scan_files.hpp"
#include "scan_source.hpp"
#include "scan_waivers.hpp"
#include "stack.hpp"

namespace portcullis::cli {

struct ScanSettings {
  config::Config config;                  ///< `data` is a directory of the scan's own
  std::optional<oci::Platform> platform;  ///< which image of an index; nullopt: all of them
  /// That the person named. What is no index has to be for it, too.
  std::optional<oci::Platform> asked_platform;
  std::vector<findings::Waiver> waivers;     ///< beside those on record
  std::optional<WaiverSource> more_waivers;  ///< those of a server
  upstream::EngineOptions engine;
  Contents contents = Contents::none;
};

/// One thread uses it at a time, but for stop by way of its Activity.
class ScanSession {
 public:
  /// `activity` and `metrics` outlive the session. Fails with one line for the operator.
  static util::Result<std::unique_ptr<ScanSession>> open(ScanSettings settings, util::MemoryMetrics& metrics,
                                                         Activity& activity);

  /// A report for each image that `source` stands for, at least one. What prevents a judgement is one with
  /// Verdict::error.
  std::vector<Report> judge(const Source& source);

 private:
  ScanSession(ScanSettings settings, Activity& activity)
      : settings_(std::move(settings)), activity_(activity) {}

  std::vector<Report> judge_archive(const Source& source);
  /// The archive in a file of its own, from a daemon or the standard input.
  util::Result<util::UniqueFd> fetch_archive(const Source& source);

  ScanSettings settings_;
  Activity& activity_;
  std::unique_ptr<Stack> stack_;
  std::optional<Activity::Ending> ending_;
};

/// What the ways to judge need of the session.
struct ScanContext {
  Stack& stack;
  const ScanSettings& settings;
  Activity& activity;
};

/// Without a verdict, for this reason.
Report could_not_judge(const Source& source, std::string why);

Report judge_layer(const ScanContext& context, const Source& source);
Report judge_directory(const ScanContext& context, const Source& source);

}  // namespace portcullis::cli
