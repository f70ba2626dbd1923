// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "portcullis/oci/reference.hpp"
#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/metrics.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::upstream {

class StringSink final : public util::ByteSink {
 public:
  util::Result<void> write(std::span<const std::byte> bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  std::string text;
};

inline oci::Repository repository(const std::string& text = "library/app") {
  return *oci::Repository::parse(text);
}
inline oci::TagOrDigest tag(const std::string& text = "v1") { return *oci::Tag::parse(text); }

/// Short waits, so that failing over and over stays quick.
inline Options options_for(const std::string& url) {
  Options options;
  options.name = "up";
  options.url = url;
  options.connect_timeout = std::chrono::milliseconds(5'000);
  options.stall_timeout = std::chrono::milliseconds(20'000);
  options.attempts = 3;
  return options;
}

class UpstreamTest : public testing::Test {
 protected:
  void connect_to(Options options) {
    auto made = connect(std::move(options), metrics_);
    ASSERT_TRUE(made) << made.error().message;
    registry_ = std::move(*made);
  }
  double counted(const std::string& kind, const std::string& result) const {
    return metrics_.value("portcullis_upstream_requests_total{upstream=up,kind=" + kind +
                          ",result=" + result + "}");
  }
  util::MemoryMetrics metrics_;
  std::unique_ptr<Registry> registry_;
};

}  // namespace portcullis::upstream
