// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "portcullis/config/config.hpp"
#include "portcullis/oci/manifest.hpp"
#include "report.hpp"

namespace portcullis::cli {

enum class SourceKind { reference, layout, layer, directory };

/// What `portcullis scan` was pointed at: `REF`, `oci:DIR[:TAG]`, `layer:FILE`, `dir:DIR`.
struct Source {
  SourceKind kind = SourceKind::reference;
  std::string place;  ///< the reference, or the path
  std::string tag;    ///< of a layout; may be empty
  std::string original;

  static util::Result<Source> parse(const std::string& text);
};

struct ScanJob {
  Source source;
  config::Config config;  ///< `data` is a directory of the scan's own
  oci::Platform platform;
  std::vector<std::string> plain_http;  ///< hosts that may be spoken to without TLS
};

/// Scans and judges. What prevents a judgement becomes a report with Verdict::error.
Report judge_reference(const ScanJob& job);
Report judge_layout(const ScanJob& job);
Report judge_layer(const ScanJob& job);
Report judge_directory(const ScanJob& job);

}  // namespace portcullis::cli
