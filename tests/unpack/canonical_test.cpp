// SPDX-License-Identifier: Apache-2.0
//
// Layers that mean two things, each refused under its own rule.
#include <gtest/gtest.h>

#include <ostream>

#include "support/tar_builder.hpp"
#include "unpack/unpacked.hpp"

namespace portcullis::unpack {
namespace {

using findings::Outcome;
using test::put;
using test::TarBuilder;
using test::TarFlavour;
using test::TarHeaderSpec;

constexpr std::string_view kEvil = "the payload that must not slip through\n";

struct Row {
  std::string name;
  std::string layer;
  std::string rule;
  Outcome code = Outcome::unscannable;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::string padded_evil() {
  std::string bytes(kEvil);
  bytes.resize(512);
  return bytes;
}

/// A good file, then one header as tampered with, then the payload, then the end.
std::string with_header(TarHeaderSpec spec) {
  return TarBuilder().file("good", "good").header(spec).file("evil", kEvil).closed();
}

std::string tampered(std::function<void(std::string&)> tamper, TarFlavour flavour = TarFlavour::posix) {
  return with_header({.flavour = flavour, .tamper = std::move(tamper)});
}

std::string field(std::size_t offset, std::string_view bytes, TarFlavour flavour = TarFlavour::posix) {
  return tampered([offset, text = std::string(bytes)](std::string& block) { put(block, offset, text); },
                  flavour);
}

std::string pax_then_file(const test::PaxRecords& records) {
  return TarBuilder().pax(records).file("f", kEvil).closed();
}

std::string raw_pax(std::string_view body) {
  return TarBuilder().entry({.name = "x", .type = 'x'}, body).file("f", kEvil).closed();
}

std::vector<Row> numbers() {
  return {
      {"size starts with NUL", field(124, std::string_view("\00000000002000", 12)), "tar-number"},
      {"size of blanks", field(124, "            "), "tar-number"},
      {"size of NULs", field(124, std::string(12, '\0')), "tar-number"},
      {"size with a sign", field(124, "-0000001000 "), "tar-number"},
      {"size with a plus", field(124, "+0000001000 "), "tar-number"},
      {"size with digit 8", field(124, "00000000080 "), "tar-number"},
      {"size with a tab", field(124, "\t0000001000 "), "tar-number"},
      {"digits after a space", field(124, "0000 0001000"), "tar-number"},
      {"digits after a NUL", field(124, std::string_view("0000\0000001000", 12)), "tar-number"},
      {"negative base-256 size", field(124, std::string(12, '\xff')), "tar-number"},
      {"base-256 size over 63 bits", field(124, std::string_view("\x80\0\0\0\x80\0\0\0\0\0\0\0", 12)),
       "tar-number"},
      {"base-256 size with high bytes", field(124, std::string_view("\x80\0\0\1\0\0\0\0\0\0\0\0", 12)),
       "tar-number"},
      {"uid is text", field(108, "root\0\0\0\0"), "tar-number"},
      {"gid is negative", field(116, std::string(8, '\xff')), "tar-number"},
      {"mode is text", field(100, "rwxr-xr-"), "tar-number"},
      {"size over the limit", field(124, std::string_view("\x80\0\0\0\0\0\0\x20\0\0\0\0", 12)),
       "unpacked-bytes", Outcome::limit},
      {"checksum is wrong", with_header({.right_checksum = false}), "tar-checksum"},
  };
}

std::vector<Row> types_and_names() {
  std::vector<Row> rows{
      {"file name ends in a slash, with content",
       TarBuilder().entry({.name = "dir/"}, std::string(1024, '\0')).file("evil", kEvil).closed(),
       "file-name-ends-in-slash"},
      {"old file type, name ends in a slash", TarBuilder().header({.name = "dir/", .type = '\0'}).closed(),
       "file-name-ends-in-slash"},
      {"pax path ends in a slash", pax_then_file({{"path", "dir/"}}), "file-name-ends-in-slash"},
      {"long name ends in a slash",
       TarBuilder().gnu_long('L', std::string_view("dir/\0", 5)).file("f", kEvil).closed(),
       "file-name-ends-in-slash"},
      {"no name", with_header({.name = ""}), "empty-name"},
      {"hardlink without a target", with_header({.name = "h", .type = '1'}), "empty-link"},
      {"symlink without a target", with_header({.name = "s", .type = '2'}), "empty-link"},
      {"GNU sparse type", with_header({.type = 'S', .flavour = TarFlavour::gnu}), "gnu-sparse"},
  };
  for (const char type : std::string_view("123456"))
    rows.push_back({std::string("size on type ") + type,
                    TarBuilder()
                        .header({.name = "n", .type = type, .link = "good", .size = 512})
                        .raw(padded_evil())
                        .closed(),
                    "size-on-non-file"});
  for (const char type : std::string_view("123456"))
    rows.push_back({std::string("pax size on type ") + type,
                    TarBuilder()
                        .pax({{"size", "9000000000"}})
                        .header({.name = "n", .type = type, .link = "good"})
                        .raw(padded_evil())
                        .closed(),
                    "size-on-non-file"});
  for (const char type : std::string_view("7ADEIMNVXZa\xff"))
    rows.push_back({std::string("type ") + type, with_header({.type = type}), "tar-type"});
  return rows;
}

std::vector<Row> magics() {
  constexpr auto kGnu = TarFlavour::gnu;
  return {
      {"magic ustarX", field(257, "ustarX00"), "tar-magic"},
      {"magic with another version",
       field(257, std::string_view("ustar\0"
                                   "01",
                                   8)),
       "tar-magic"},
      {"magic without NUL", field(257, "ustar 00"), "tar-magic"},
      {"GNU magic cut", field(257, std::string_view("ustar \0\0", 8)), "tar-magic"},
      {"no magic (v7)", field(257, std::string(8, '\0')), "tar-magic"},
      {"star trailer", field(508, std::string_view("tar\0", 4)), "star-trailer"},
      {"GNU header with a sparse map", field(386, "00000000000", kGnu), "gnu-sparse"},
      {"GNU header with a real size", field(483, "00000000000", kGnu), "gnu-sparse"},
      {"GNU header with a continuation flag", field(482, "\1", kGnu), "gnu-sparse"},
      {"GNU header with a prefix", field(345, "usr/bin", kGnu), "gnu-times"},
      {"GNU header, ctime is text", field(357, "usr/bin", kGnu), "gnu-times"},
      {"GNU header, atime overflows", field(345, "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", kGnu),
       "gnu-times"},
  };
}

std::vector<Row> pax() {
  const std::string long_name = std::string(120, 'a') + '\0';
  std::vector<Row> rows{
      {"x, then g, then the file",
       TarBuilder().pax({{"size", "0"}}).pax({{"comment", "c"}}, 'g').file("f", kEvil).closed(),
       "pax-not-before-entry"},
      {"x, then x", TarBuilder().pax({{"path", "a"}}).pax({{"path", "b"}}).file("f", kEvil).closed(),
       "pax-not-before-entry"},
      {"x, then long name",
       TarBuilder().pax({{"mtime", "1"}}).gnu_long('L', long_name).file("f", kEvil).closed(),
       "pax-not-before-entry"},
      {"long name, then g",
       TarBuilder().gnu_long('L', long_name).pax({{"comment", "c"}}, 'g').file("f", kEvil).closed(),
       "pax-not-before-entry"},
      {"long name, then pax path",
       TarBuilder().gnu_long('L', long_name).pax({{"path", "b"}}).file("f", kEvil).closed(),
       "pax-and-gnu-long-name"},
      {"long link, then pax linkpath",
       TarBuilder().gnu_long('K', long_name).pax({{"linkpath", "b"}}).symlink("s", "t").closed(),
       "pax-and-gnu-long-name"},
      {"two long names", TarBuilder().gnu_long('L', long_name).gnu_long('L', "b").file("f", kEvil).closed(),
       "gnu-long-repeated"},
      {"two long links", TarBuilder().gnu_long('K', long_name).gnu_long('K', "b").symlink("s", "t").closed(),
       "gnu-long-repeated"},
      {"long name is empty", TarBuilder().gnu_long('L', "").file("f", kEvil).closed(), "gnu-long-empty"},
      {"long name is NUL", TarBuilder().gnu_long('L', std::string_view("\0", 1)).file("f", kEvil).closed(),
       "gnu-long-empty"},
      {"long name goes on after NUL",
       TarBuilder().gnu_long('L', std::string_view("a\0b\0", 4)).file("f", kEvil).closed(), "gnu-long-nul"},
      {"key twice", pax_then_file({{"path", "a"}, {"path", "b"}}), "pax-duplicate-key"},
      {"harmless key twice", pax_then_file({{"mtime", "1"}, {"mtime", "1"}}), "pax-duplicate-key"},
      {"size contradicts the header", pax_then_file({{"size", "0"}}), "pax-size-conflict"},
      {"size with a sign", pax_then_file({{"size", "+39"}}), "pax-number"},
      {"size in octal letters", pax_then_file({{"size", "0x27"}}), "pax-number"},
      {"size with a blank", pax_then_file({{"size", " 39"}}), "pax-number"},
      {"size empty", pax_then_file({{"size", ""}}), "pax-number"},
      {"size over 63 bits", pax_then_file({{"size", "9223372036854775808"}}), "pax-number"},
      {"uid negative", pax_then_file({{"uid", "-1"}}), "pax-number"},
      {"path empty", pax_then_file({{"path", ""}}), "pax-empty-value"},
      {"path with NUL", pax_then_file({{"path", std::string("a\0b", 3)}}), "pax-path-nul"},
      {"linkpath on a file", pax_then_file({{"linkpath", "elsewhere"}}), "pax-linkpath-type"},
      {"global path", TarBuilder().pax({{"path", "a"}}, 'g').file("f", kEvil).closed(), "pax-global-key"},
      {"global size", TarBuilder().pax({{"size", "0"}}, 'g').file("f", kEvil).closed(), "pax-global-key"},
      {"record without newline", raw_pax("7 a=bcd"), "pax-malformed"},
      {"record longer than the header", raw_pax("99 path=a\n"), "pax-malformed"},
      {"record length 0", raw_pax("0 path=a\n"), "pax-malformed"},
      {"record length with leading zero", raw_pax("010 path=a\n"), "pax-malformed"},
      {"record without key", raw_pax("5 =a\n"), "pax-malformed"},
      {"record without equals", raw_pax("7 path\n"), "pax-malformed"},
      {"record without blank", raw_pax("path=a\n"), "pax-malformed"},
      {"NULs behind the records", raw_pax(test::pax_body({{"mtime", "1"}}) + std::string(3, '\0')),
       "pax-malformed"},
      {"tar ends after x", TarBuilder().file("f", "x").pax({{"path", "a"}}).closed(),
       "extended-header-without-entry"},
      {"tar ends after x without zero blocks", TarBuilder().pax({{"path", "a"}}).open(),
       "extended-header-without-entry"},
      {"tar ends after a long name", TarBuilder().gnu_long('L', long_name).closed(),
       "extended-header-without-entry"},
  };
  for (const char* key : {"GNU.sparse.name", "GNU.sparse.major", "GNU.sparse.map", "GNU.sparse.realsize",
                          "GNU.sparse.size", "SUN.holesdata", "SCHILY.realsize", "SCHILY.filetype",
                          "LIBARCHIVE.realsize", "hdrcharset", "realtime.x", "Path", "unknown", "vendor.key"})
    rows.push_back({std::string("key ") + key, pax_then_file({{key, "1"}}), "pax-key"});
  return rows;
}

std::vector<Row> ends() {
  const std::string full = TarBuilder().file("f", kEvil).open();
  const std::string zero(512, '\0');
  TarBuilder many_globals;
  for (int i = 0; i < 32; ++i) many_globals.pax({{"comment", "c"}}, 'g');
  return {
      {"one zero block, then a file", TarBuilder().file("a", "a").zero_blocks(1).file("evil", kEvil).closed(),
       "tar-single-zero-block"},
      {"a file behind the end", TarBuilder().file("a", "a").zero_blocks(2).file("evil", kEvil).closed(),
       "tar-trailing-data"},
      {"a byte far behind the end", TarBuilder().file("a", "a").zero_blocks(2000).raw("x").open(),
       "tar-trailing-data"},
      {"cut in a header", full.substr(0, 300), "tar-truncated"},
      {"cut behind a header", full.substr(0, 512), "tar-truncated"},
      {"cut in the content", full.substr(0, 520), "tar-truncated"},
      {"cut in the first zero block", full + zero.substr(0, 100), "tar-truncated"},
      {"cut in the second zero block", full + zero + zero.substr(0, 100), "tar-truncated"},
      {"cut in an extended header", TarBuilder().pax({{"path", "a"}}).open().substr(0, 520), "tar-truncated"},
      {"no tar at all", std::string(2048, 'A'), "tar-checksum"},
      {"32 headers in front of one file", many_globals.file("f", kEvil).closed(), "extended-headers",
       Outcome::limit},
  };
}

class Refused : public testing::TestWithParam<Row> {};

TEST_P(Refused, UnderItsOwnRule) {
  const Unpacked result = unpack(GetParam().layer);
  EXPECT_EQ(result.ending.rule, GetParam().rule) << result.ending.reason;
  EXPECT_EQ(result.ending.code, GetParam().code);
  EXPECT_FALSE(result.ending.reason.empty());
  EXPECT_LE(result.ending.offset, GetParam().layer.size());
}

std::string test_name(const testing::TestParamInfo<Row>& info) {
  std::string name;
  for (const char c : info.param.name)
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : "_";
  return name + "_" + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(Numbers, Refused, testing::ValuesIn(numbers()), test_name);
INSTANTIATE_TEST_SUITE_P(TypesAndNames, Refused, testing::ValuesIn(types_and_names()), test_name);
INSTANTIATE_TEST_SUITE_P(Magics, Refused, testing::ValuesIn(magics()), test_name);
INSTANTIATE_TEST_SUITE_P(Pax, Refused, testing::ValuesIn(pax()), test_name);
INSTANTIATE_TEST_SUITE_P(Ends, Refused, testing::ValuesIn(ends()), test_name);

TEST(Refusal, NamesTheOffsetOfTheHeader) {
  const Unpacked result = unpack(with_header({.type = '7'}));
  EXPECT_EQ(result.ending.offset, 1024u);
  EXPECT_EQ(result.content("good"), "good") << "what came before is delivered all the same";
}

}  // namespace
}  // namespace portcullis::unpack
