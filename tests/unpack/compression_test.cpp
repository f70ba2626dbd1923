// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "portcullis/oci/media_type.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/tar_builder.hpp"
#include "unpack/unpacked.hpp"

namespace portcullis::unpack {
namespace {

using findings::Outcome;
using test::TarBuilder;

constexpr std::string_view kOciTar = oci::kOciLayer;
constexpr std::string_view kOciGzip = oci::kOciLayerGzip;
constexpr std::string_view kOciZstd = oci::kOciLayerZstd;

std::string through(std::vector<std::string> argv, const std::string& input) {
  return test::run_ok({.argv = std::move(argv), .input = input}).out;
}
std::string gzip(const std::string& bytes) { return through({"gzip", "-nc"}, bytes); }
std::string zstd(const std::string& bytes) { return through({"zstd", "-c"}, bytes); }

std::string skippable(std::string_view payload, char low_nibble = 0) {
  const auto size = static_cast<std::uint32_t>(payload.size());
  std::string frame{static_cast<char>(0x50 + low_nibble), 0x2a, 0x4d, 0x18};
  for (int shift = 0; shift < 32; shift += 8) frame += static_cast<char>(size >> shift & 0xff);
  return frame.append(payload);
}

/// Three files, enough bytes that the compressed form has something to cut.
const std::string& tar() {
  static const std::string bytes = [] {
    std::string noise;
    for (unsigned i = 0, x = 1; i < 40000; ++i, x = x * 1103515245 + 12345)
      noise += static_cast<char>(x >> 16);
    return TarBuilder().file("a", "first").file("noise", noise).file("z", "last").closed();
  }();
  return bytes;
}

std::string with_byte(std::string bytes, std::size_t at, char value) {
  bytes.at(at) = value;
  return bytes;
}
/// The last eight bytes of a gzip member are its CRC and its length.
std::string with_flipped(std::string bytes, std::size_t from_end) {
  char& c = bytes.at(bytes.size() - from_end);
  c = static_cast<char>(c ^ 1);
  return bytes;
}

/// gzip with a name, a comment, an extra field and a right header CRC, from Python's zlib.
std::string gzip_with_header(const std::string& crc) {
  return through({"python3", "-c",
                  "import sys,zlib,struct\n"
                  "data=sys.stdin.buffer.read()\n"
                  "head=b'\\x1f\\x8b\\x08\\x1e'+bytes(4)+b'\\x00\\x03'+struct.pack('<H',6)+b'SG\\x02\\x00ab'+"
                  "b'name\\x00'+b'comment\\x00'\n"
                  "crc=(zlib.crc32(head)" +
                      crc +
                      ")&0xffff\n"
                      "c=zlib.compressobj(6,zlib.DEFLATED,-15)\n"
                      "sys.stdout.buffer.write(head+struct.pack('<H',crc)+c.compress(data)+c.flush()+struct."
                      "pack('<II',zlib.crc32(data),len(data)))\n"},
                 tar());
}

struct Row {
  std::string name;
  std::string blob;
  std::string_view media_type;
  std::string rule;  ///< empty: passes
  Outcome code = Outcome::unscannable;
};

std::vector<Row> rows() {
  const std::string half(tar().substr(0, 20000));
  const std::string rest(tar().substr(20000));
  const std::string zipped = gzip(tar());
  const std::string zstded = zstd(tar());
  const std::string zeros(700, '\0');
  std::string skippable_name = TarBuilder().file("PLACE", "x").closed();
  const std::string frame_name = skippable(std::string(skippable_name.size() - 8, '\0')).substr(0, 8);
  skippable_name = TarBuilder()
                       .entry({.tamper = [&](std::string& block) { test::put(block, 0, frame_name); }}, "x")
                       .closed();
  return {
      {"plain", tar(), kOciTar, ""},
      {"gzip", zipped, kOciGzip, ""},
      {"zstd", zstded, kOciZstd, ""},
      {"docker gzip", zipped, oci::kDockerLayerGzip, ""},
      {"docker plain", tar(), oci::kDockerLayer, ""},
      {"gzip, other media type", zipped, "application/x-other", ""},
      {"gzip, two members", gzip(half) + gzip(rest), kOciGzip, ""},
      {"gzip, empty member between", gzip(half) + gzip("") + gzip(rest), kOciGzip, ""},
      {"gzip, member of zeros and zeros after it", zipped + zeros, kOciGzip, ""},
      {"gzip, all header fields", gzip_with_header(""), kOciGzip, ""},
      {"gzip, stored blocks",
       through({"python3", "-c",
                "import sys,gzip\nsys.stdout.buffer.write(gzip.compress(sys.stdin.buffer.read(),0))"},
               tar()),
       kOciGzip, ""},
      {"zstd, two frames", zstd(half) + zstd(rest), kOciZstd, ""},
      {"zstd, skippable frames behind", zstded + skippable("manifest", 0x0e) + skippable("", 3), kOciZstd,
       ""},
      {"zstd, skippable frame between", zstd(half) + skippable("x") + zstd(rest), kOciZstd, ""},
      {"zstd, skippable frame in front", skippable("offsets") + zstded, kOciZstd, ""},
      {"zstd, skippable in front, undeclared", skippable("offsets") + zstded, "", ""},

      {"declared gzip, is zstd", zstded, kOciGzip, "compression-mismatch"},
      {"declared gzip, is plain", tar(), kOciGzip, "compression-mismatch"},
      {"declared zstd, is gzip", zipped, kOciZstd, "compression-mismatch"},
      {"declared plain, is gzip", zipped, kOciTar, "compression-mismatch"},
      {"declared plain, is zstd", zstded, kOciTar, "compression-mismatch"},
      {"declared docker gzip, is plain", tar(), oci::kDockerLayerGzip, "compression-mismatch"},
      {"declared gzip, is empty", "", kOciGzip, "compression-mismatch"},
      {"bzip2", through({"bzip2", "-c"}, tar()), "", "layer-compression-unsupported"},
      {"xz", through({"xz", "-c"}, tar()), "", "layer-compression-unsupported"},
      {"xz, declared plain", through({"xz", "-c"}, tar()), kOciTar, "layer-compression-unsupported"},
      {"plain tar whose name starts like bzip2", TarBuilder().file("BZh9", "x").closed(), kOciTar,
       "layer-compression-unsupported"},
      {"gzip in gzip", gzip(zipped), kOciGzip, "nested-compression"},
      {"zstd in gzip", gzip(zstded), kOciGzip, "nested-compression"},
      {"gzip in zstd", zstd(zipped), kOciZstd, "nested-compression"},
      {"xz in gzip", gzip(through({"xz", "-c"}, tar())), kOciGzip, "nested-compression"},
      {"skippable frame in gzip", gzip(skippable("x") + zstded), kOciGzip, "nested-compression"},
      {"skippable frame in front, declared plain", skippable("x") + zstded, kOciTar,
       "leading-skippable-frame"},
      {"tar named like a skippable frame", skippable_name + zstded, "", "leading-skippable-frame"},
      {"tar named like a skippable frame, declared zstd", skippable_name + zstded, kOciZstd,
       "leading-skippable-frame"},

      {"gzip, reserved flag", with_byte(zipped, 3, '\x20'), kOciGzip, "gzip-reserved-flags"},
      {"gzip, reserved flag in the second member", gzip(half) + with_byte(gzip(rest), 3, '\x80'), kOciGzip,
       "gzip-reserved-flags"},
      {"gzip, method is not deflate", with_byte(zipped, 2, 7), kOciGzip, "gzip-broken"},
      {"gzip, wrong header CRC", gzip_with_header("^1"), kOciGzip, "gzip-broken"},
      {"gzip, wrong CRC", with_flipped(zipped, 8), kOciGzip, "gzip-broken"},
      {"gzip, wrong length", with_flipped(zipped, 4), kOciGzip, "gzip-broken"},
      {"gzip, wrong CRC in the first member", with_flipped(gzip(half), 8) + gzip(rest), kOciGzip,
       "gzip-broken"},
      {"gzip, text behind", zipped + "garbage", kOciGzip, "gzip-trailing-data"},
      {"gzip, half a magic behind", zipped + "\x1f\x8b", kOciGzip, "gzip-trailing-data"},
      {"gzip, text behind zeros", zipped + zeros + "x", kOciGzip, "gzip-trailing-data"},
      {"gzip, member behind zeros", zipped + zeros + zipped, kOciGzip, "gzip-trailing-data"},
      {"gzip, zstd behind", zipped + zstded, kOciGzip, "gzip-trailing-data"},
      {"gzip, a second tar in a second member", zipped + zipped, kOciGzip, "tar-trailing-data"},
      {"zstd, text behind", zstded + "garbage", kOciZstd, "zstd-broken"},
      {"zstd, gzip behind", zstded + zipped, kOciZstd, "zstd-broken"},
      {"zstd, wrong checksum", with_flipped(zstded, 1), kOciZstd, "zstd-broken"},
      {"zstd, skippable frame cut", zstded + skippable("0123456789").substr(0, 12), kOciZstd,
       "layer-truncated"},
      {"zstd, a second tar in a second frame", zstded + zstded, kOciZstd, "tar-trailing-data"},
      {"zstd, window too large",
       through({"python3", "-c",
                "import sys\nsys.stdout.buffer.write(bytes.fromhex('28b52ffd') + b'\\x00' + "
                "bytes([(28-10)<<3]) + b'\\x01\\x00\\x00')"},
               ""),
       kOciZstd, "zstd-window", Outcome::limit},
  };
}

class CompressedLayers : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* tool : {"gzip", "zstd", "bzip2", "xz", "python3"}) PORTCULLIS_REQUIRE_TOOL(tool);
  }
};

TEST_F(CompressedLayers, PassOrAreRefusedUnderTheirRule) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    const Unpacked result = unpack(row.blob, row.media_type);
    EXPECT_EQ(result.ending.rule, row.rule) << result.ending.reason;
    if (row.rule.empty()) {
      EXPECT_EQ(result.ending.code, Outcome::complete);
      EXPECT_EQ(result.paths(), (std::vector<std::string>{"a", "noise", "z"}));
      EXPECT_EQ(result.content("z"), "last");
      EXPECT_EQ(result.ending.counts.bytes_in, row.blob.size());
      EXPECT_EQ(result.ending.counts.bytes_unpacked, tar().size());
    } else {
      EXPECT_EQ(result.ending.code, row.code);
    }
  }
}

TEST_F(CompressedLayers, DoNotDependOnHowTheyArrive) {
  const std::string half(tar().substr(0, 20000));
  const std::string rest(tar().substr(20000));
  for (const std::string& blob : {tar(), gzip(half) + gzip("") + gzip(rest) + std::string(3, '\0'),
                                  gzip_with_header(""), zstd(half) + skippable("x") + zstd(rest)})
    for (const std::size_t piece : {1, 2, 3, 7, 511, 4096}) {
      SCOPED_TRACE(piece);
      StringSource source(blob, piece);
      const TestSpool spool;
      Unpacked result;
      const Ending ending = unpack_layer(source, {}, {}, spool.spool(), result);
      EXPECT_EQ(ending.code, Outcome::complete) << ending.reason;
      EXPECT_EQ(result.content("z"), "last");
    }
}

TEST_F(CompressedLayers, AreRefusedWhereverTheyAreCut) {
  for (const auto& [blob, type] : {std::pair(gzip(tar()), kOciGzip), std::pair(zstd(tar()), kOciZstd)})
    for (std::size_t length = 5; length < blob.size();
         length += length < 100 || length + 60 > blob.size() ? 1 : 997) {
      SCOPED_TRACE(std::string(type) + " cut to " + std::to_string(length));
      const Unpacked result = unpack(blob.substr(0, length), type);
      EXPECT_EQ(result.ending.rule, "layer-truncated") << result.ending.reason;
    }
}

TEST_F(CompressedLayers, ThatAreBombsMeetTheLimit) {
  const std::string bomb = TarBuilder().entry({.name = "zeros"}, std::string(64 << 20, '\0')).closed();
  Limits limits;
  limits.unpacked_bytes = (64 << 20) - 1;
  for (const auto& blob : {gzip(bomb), zstd(bomb)}) {
    const Unpacked result = unpack(blob, {}, limits);
    EXPECT_EQ(result.ending.rule, "unpacked-bytes");
    EXPECT_EQ(result.ending.code, Outcome::limit);
  }
  // No file claims too much here; it is the zeros behind the end that never stop.
  limits.unpacked_bytes = 1 << 20;
  const Unpacked result = unpack(gzip(tar() + std::string(64 << 20, '\0')), {}, limits);
  EXPECT_EQ(result.ending.rule, "unpacked-bytes");
  EXPECT_LE(result.ending.offset, 2u << 20);
}

TEST(Limits, OfEntriesPathsAndHeaders) {
  Limits limits;
  limits.entries = 2;
  limits.path_bytes = 200;
  limits.pax_bytes = 1000;
  const std::string long_name(201, 'n');
  const std::vector<Row> table{
      {"at the limits",
       TarBuilder()
           .pax({{"path", std::string(200, 'n')}, {"comment", std::string(700, 'c')}})
           .file("a", "")
           .file("b", "")
           .closed(),
       "", ""},
      {"entries", TarBuilder().file("a", "").file("b", "").file("c", "").closed(), "", "entries"},
      {"path", TarBuilder().pax({{"path", long_name}}).file("a", "").closed(), "", "path-bytes"},
      {"link", TarBuilder().pax({{"linkpath", long_name}}).symlink("a", "b").closed(), "", "path-bytes"},
      {"pax", TarBuilder().pax({{"comment", std::string(1000, 'c')}}).file("a", "").closed(), "",
       "pax-bytes"},
      {"pax in sum",
       TarBuilder()
           .pax({{"comment", std::string(600, 'c')}}, 'g')
           .pax({{"comment", std::string(600, 'c')}})
           .file("a", "")
           .closed(),
       "", "pax-bytes"},
  };
  for (const Row& row : table) {
    SCOPED_TRACE(row.name);
    const Ending ending = unpack(row.blob, {}, limits).ending;
    EXPECT_EQ(ending.rule, row.rule);
    EXPECT_EQ(ending.code, row.rule.empty() ? Outcome::complete : Outcome::limit);
  }
}

TEST(Sources, ThatFailEndAsUnavailable) {
  class Failing final : public util::ByteSource {
   public:
    util::Result<std::size_t> read(std::span<std::byte> buffer) override {
      if (auto got = text_.read(buffer); *got > 0) return got;
      return util::fail(util::ErrorKind::unreachable, "connection reset");
    }

   private:
    StringSource text_{tar()};
  };
  Failing source;
  const TestSpool spool;
  Unpacked result;
  const Ending ending = unpack_layer(source, {}, {}, spool.spool(), result);
  EXPECT_EQ(ending.code, Outcome::unavailable);
  EXPECT_EQ(ending.rule, "source-failed");
  EXPECT_NE(ending.reason.find("connection reset"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::unpack
