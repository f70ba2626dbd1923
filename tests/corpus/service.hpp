// SPDX-License-Identifier: Apache-2.0
//
// The real portcullis-scanner, with one rule that finds the markers.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "corpus/sample.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/util/metrics.hpp"
#include "support/paths.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::corpus {

inline constexpr const char* kMarkerRule = "corpus_marker";

class RealScanner {
 public:
  explicit RealScanner(const scan::Limits& limits = {}) {
    rules_.write("marker.yar", std::string("rule ") + kMarkerRule +
                                   " { meta: severity = \"high\" strings: $m = \"" + kMarkerStart +
                                   "\" condition: $m }");
    scan::Options options;
    options.scanner = test::program_path("portcullis-scanner");
    options.rules = {rules_.path()};
    options.spool = spool_.path();
    options.threads = 2;
    options.limits = limits;
    auto started = scan::start(options, metrics_);
    if (!started) throw std::runtime_error(started.error().message);
    service_ = std::move(*started);
  }

  findings::ScanResult scan(util::ByteSource& source, const std::string& media_type, std::uint64_t size) {
    return service_->scan(
        {.kind = scan::JobKind::layer, .media_type = media_type, .label = "corpus", .size_hint = size},
        source);
  }

 private:
  test::TempDir rules_;
  test::TempDir spool_;
  util::MemoryMetrics metrics_;
  std::unique_ptr<scan::Service> service_;
};

}  // namespace portcullis::corpus
