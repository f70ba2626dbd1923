// SPDX-License-Identifier: Apache-2.0
//
// Small things that become large, through the real scanner. Each ends in the outcome that is meant
// for it while memory and disk stay within what was allowed. The workers get little memory, so an
// end that depends on memory would show as such.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>

#include "corpus/framing.hpp"
#include "corpus/judge.hpp"
#include "corpus/service.hpp"
#include "corpus/worker_watch.hpp"
#include "portcullis/findings/scan_result.hpp"
#include "portcullis/oci/media_type.hpp"
#include "support/image_builder.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/tar_builder.hpp"

namespace portcullis::corpus {
namespace {

using findings::Outcome;
using test::TarBuilder;

constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::uint64_t kMemory = 160 * kMiB;  ///< of a worker, its threads' stacks and arenas included

scan::Limits small_limits() {
  scan::Limits limits;
  limits.memory_bytes = kMemory;
  limits.unpacked_bytes = 256 * kMiB;
  limits.nested_bytes = 64 * kMiB;
  limits.entries = 1'200'000;
  return limits;
}

/// Blocks made as they are asked for: a layer that need not exist.
class MadeUpLayer final : public util::ByteSource {
 public:
  /// `block` returns the next one of `count` blocks.
  MadeUpLayer(std::uint64_t count, std::function<std::string(std::uint64_t)> block)
      : count_(count), block_(std::move(block)) {}

  util::Result<std::size_t> read(std::span<std::byte> buffer) override {
    while (rest_.empty() && next_ < count_) {
      made_ = block_(next_++);
      rest_ = made_;
    }
    TextSource piece(rest_);
    auto got = piece.read(buffer);
    if (got) rest_.remove_prefix(*got);
    return got;
  }

 private:
  std::uint64_t count_;
  std::function<std::string(std::uint64_t)> block_;
  std::uint64_t next_ = 0;
  std::string made_;
  std::string_view rest_;
};

class Bombs : public testing::Test {
 protected:
  findings::ScanResult scan(util::ByteSource& source, std::string_view media_type) {
    RealScanner scanner(limits_);
    findings::ScanResult result;
    {
      const WorkerWatch watch;
      result = scanner.scan(source, std::string(media_type), 0);
      std::printf(
          "%-14s %-11s in %8.1f KiB  unpacked %7.1f MiB  peak memory %5.1f MiB (anonymous %5.1f)  disk %5.1f "
          "MiB  %s\n",
          testing::UnitTest::GetInstance()->current_test_info()->name(),
          std::string(findings::to_string(result.outcome)).c_str(),
          static_cast<double>(result.counts.bytes_in) / 1024, mib(result.counts.bytes_unpacked),
          mib(watch.peak_resident()), mib(watch.peak_anonymous()), mib(watch.peak_disk()),
          result.reason.c_str());
      EXPECT_LE(watch.peak_anonymous(), kMemory + 32 * kMiB) << "32 MiB: the fork server with its rules";
      EXPECT_LE(watch.peak_disk(), limits_.unpacked_bytes + limits_.nested_bytes);
    }
    EXPECT_EQ(result.reason.find("memory"), std::string::npos) << result.reason;
    return result;
  }

  findings::ScanResult scan(const std::string& layer, std::string_view media_type) {
    TextSource source(layer);
    return scan(source, media_type);
  }

  static double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / static_cast<double>(kMiB); }

  /// A layer with one file of `size` zeros, 16 MiB of them to a member or frame.
  static std::string zeros(std::uint64_t size, oci::Compression how) {
    const std::string head = test::tar_header({.name = "zeros", .size = size});
    const std::string piece = test::compress(std::string(16 * kMiB, '\0'), how);
    std::string layer = how == oci::Compression::gzip ? gzip_member(head) : zstd_frame(head);
    for (std::uint64_t done = 0; done < size; done += 16 * kMiB) layer += piece;
    return layer;
  }

  /// What python3 prints for this program.
  static std::string python(const std::string& program) {
    return test::run_ok({.argv = {"python3", "-c", program}}).out;
  }

  static std::vector<std::string> check_ids(const findings::ScanResult& result) {
    std::vector<std::string> ids;
    for (const auto& finding : result.findings) ids.push_back(finding.rule);
    return ids;
  }

  scan::Limits limits_ = small_limits();
};

TEST_F(Bombs, Gzip) {
  const auto result = scan(zeros(2048 * kMiB, oci::Compression::gzip), oci::kOciLayerGzip);
  EXPECT_EQ(result.outcome, Outcome::limit) << result.reason;
}

TEST_F(Bombs, Zstd) {
  PORTCULLIS_REQUIRE_TOOL("zstd");
  const auto result = scan(zeros(2048 * kMiB, oci::Compression::zstd), oci::kOciLayerZstd);
  EXPECT_EQ(result.outcome, Outcome::limit) << result.reason;
}

TEST_F(Bombs, LargeFileWithinTheLimit) {
  const auto result = scan(zeros(240 * kMiB, oci::Compression::gzip), oci::kOciLayerGzip);
  EXPECT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_GE(result.counts.bytes_unpacked, 240 * kMiB);
}

TEST_F(Bombs, SparseFile) {
  PORTCULLIS_REQUIRE_TOOL("tar");
  const test::TempDir directory;
  test::run_ok({.argv = {"truncate", "-s", "1G", (directory / "holes").string()}});
  for (const char* format : {"gnu", "posix"}) {
    SCOPED_TRACE(format);
    const auto layer = test::run_ok({.argv = {"tar", "-C", directory.path().string(), "--sparse",
                                              std::string("--format=") + format, "-c", "holes"}})
                           .out;
    EXPECT_LT(layer.size(), 64u << 10);
    EXPECT_EQ(scan(layer, oci::kOciLayer).outcome, Outcome::unscannable);
  }
}

std::string nth_header(std::uint64_t i) { return test::tar_header({.name = "d/" + std::to_string(i)}); }

TEST_F(Bombs, MillionEntries) {
  limits_.unpacked_bytes = 1024 * kMiB;
  MadeUpLayer layer(1'000'000, nth_header);
  const auto result = scan(layer, oci::kOciLayer);
  EXPECT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_EQ(result.counts.files, 1'000'000u);
}

TEST_F(Bombs, TooManyEntries) {
  limits_.entries = 50'000;
  MadeUpLayer layer(60'000, nth_header);
  EXPECT_EQ(scan(layer, oci::kOciLayer).outcome, Outcome::limit);
}

TEST_F(Bombs, DeepPaths) {
  const auto deep = [](std::size_t depth) {
    std::string path;
    for (std::size_t i = 0; i < depth; ++i) path += "d/";
    return path + "f";
  };
  TarBuilder fits;
  for (int i = 0; i < 200; ++i) fits.gnu_long('L', deep(2000) + std::to_string(i) + '\0').file("cut", "text");
  EXPECT_EQ(scan(fits.closed(), oci::kOciLayer).outcome, Outcome::complete);
  const std::string too_deep = TarBuilder().gnu_long('L', deep(2048) + '\0').file("cut", "text").closed();
  EXPECT_EQ(scan(too_deep, oci::kOciLayer).outcome, Outcome::limit);
}

TEST_F(Bombs, DeepNesting) {
  std::string inner = TarBuilder().file("payload", marker(1)).closed();
  for (int i = 0; i < 40; ++i) inner = TarBuilder().file("inner.tar", gzip_member(inner)).closed();
  const auto result = scan(inner, oci::kOciLayer);
  EXPECT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_THAT(check_ids(result), testing::Contains("nested-depth")) << "what was not opened is named";
}

TEST_F(Bombs, NestedZipOfZeros) {
  PORTCULLIS_REQUIRE_TOOL("python3");
  const std::string zip = python(
      "import io, sys, zipfile\n"
      "inner = io.BytesIO()\n"
      "with zipfile.ZipFile(inner, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('z', bytes(16 << 20))\n"
      "outer = io.BytesIO()\n"
      "with zipfile.ZipFile(outer, 'w', zipfile.ZIP_DEFLATED) as z:\n"
      "    for i in range(200): z.writestr('%d.zip' % i, inner.getvalue())\n"
      "sys.stdout.buffer.write(outer.getvalue())\n");
  const auto result = scan(TarBuilder().file("app.jar", zip).closed(), oci::kOciLayer);
  EXPECT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_THAT(check_ids(result), testing::Contains("nested-bytes")) << "a tripped budget is a finding";
}

TEST_F(Bombs, ZipWithOneBodyForManyNames) {
  PORTCULLIS_REQUIRE_TOOL("python3");
  const std::string zip = python(
      "import io, struct, sys, zipfile\n"
      "out = io.BytesIO()\n"
      "with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('z', bytes(16 << 20))\n"
      "whole = out.getvalue()\n"
      "start = whole.rindex(b'PK\\x01\\x02'); end = whole.rindex(b'PK\\x05\\x06')\n"
      "count = 2000\n"
      "central = whole[start:end] * count\n"
      "last = struct.pack('<4s4H2LH', b'PK\\x05\\x06', 0, 0, count, count, len(central), start, 0)\n"
      "sys.stdout.buffer.write(whole[:start] + central + last)\n");
  const auto result = scan(TarBuilder().file("app.jar", zip).closed(), oci::kOciLayer);
  // libarchive goes by bodies, not by names: it is scanned once.
  EXPECT_EQ(result.outcome, Outcome::complete) << result.reason;
  EXPECT_GE(result.counts.bytes_unpacked, 16 * kMiB);
  EXPECT_LE(result.counts.bytes_unpacked, 16 * kMiB + limits_.nested_bytes);
}

}  // namespace
}  // namespace portcullis::corpus
