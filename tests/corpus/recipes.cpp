// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <functional>

#include "corpus/framing.hpp"
#include "corpus/sample.hpp"
#include "portcullis/oci/media_type.hpp"
#include "support/tar_builder.hpp"

namespace portcullis::corpus {
namespace {

using test::put;
using test::TarBuilder;
using test::TarFlavour;
using test::TarHeaderSpec;

constexpr std::string_view kTrap = "trap";
constexpr std::string_view kEvil = "opt/evil";

class Recipes {
 public:
  void add(std::string group, std::string name, std::string tar) {
    all.push_back({std::move(group), std::move(name), std::string(oci::kOciLayer), tar, tar});
  }
  void add_blob(std::string name, std::string_view media_type, std::string bytes, std::string tar) {
    all.push_back({"framing", std::move(name), std::string(media_type), std::move(bytes), std::move(tar)});
  }

  std::vector<Sample> all;
};

std::string evil_tar() { return TarBuilder().file(std::string(kEvil), marker(1)).closed(); }

/// The marker behind a header that some readers follow with a body and others do not.
std::string behind(const TarHeaderSpec& spec, std::string_view body = {}) {
  return TarBuilder().header(spec).raw(body).file(std::string(kEvil), marker(1)).closed();
}

TarHeaderSpec with_field(std::size_t at, std::string_view bytes, TarFlavour flavour = TarFlavour::posix) {
  return {.name = std::string(kEvil),
          .size = 512,
          .flavour = flavour,
          .tamper = [at, text = std::string(bytes)](std::string& block) { put(block, at, text); }};
}

std::string evil_body() {
  std::string body = marker(1);
  body.resize(512);
  return body;
}

/// A file whose one odd field decides whether its body is a body.
std::string odd_file(std::size_t at, std::string_view bytes, TarFlavour flavour = TarFlavour::posix) {
  return TarBuilder().header(with_field(at, bytes, flavour)).raw(evil_body()).closed();
}

std::string pax_before_evil(const test::PaxRecords& records) {
  return TarBuilder().pax(records).file(std::string(kEvil), marker(1)).closed();
}

void add_sizes(Recipes& out) {
  using namespace std::string_view_literals;
  out.add("size", "NUL, then octal",
          odd_file(124,
                   "\0"
                   "0000001000\0"sv));
  out.add("size", "NUL, then octal, body of zeros",
          TarBuilder()
              .header({.name = std::string(kTrap),
                       .size = 1024,
                       .tamper =
                           [](std::string& b) {
                             put(b, 124,
                                 "\0"
                                 "0000002000\0"sv);
                           }})
              .zero_blocks(2)
              .file(std::string(kEvil), marker(1))
              .closed());
  out.add("size", "blanks, then octal", odd_file(124, "       1000 "));
  out.add("size", "NULs only", odd_file(124, std::string(12, '\0')));
  out.add("size", "octal, then a letter", odd_file(124, "00000001000x"));
  out.add("size", "octal, NUL, octal", odd_file(124, "01000\0001000\0"sv));
  out.add("size", "base-256", odd_file(124, "\x80\0\0\0\0\0\0\0\0\0\2\0"sv));
  out.add("size", "base-256, negative", odd_file(124, std::string(12, '\xff')));
  out.add("size", "base-256, over 63 bits", odd_file(124, "\x80\0\0\1\0\0\0\0\0\0\2\0"sv));
  out.add("size", "minus", odd_file(124, "-0000001000\0"sv));
  out.add("size", "twelve digits", odd_file(124, "000000001000"));
  for (const char type : "123456"sv)
    out.add("size", std::string("on type ") + type,
            behind({.name = "node", .type = type, .link = "t", .size = 512}, evil_body()));
  for (const char type : "123456"sv)
    out.add("size", std::string("from pax on type ") + type,
            TarBuilder()
                .pax({{"size", "512"}})
                .header({.name = "node", .type = type, .link = "t"})
                .file(std::string(kEvil), marker(1))
                .closed());
}

void add_names_and_types(Recipes& out) {
  using namespace std::string_view_literals;
  const std::string zeros(1024, '\0');
  for (const char type : "0\0"sv)
    out.add("type", std::string("file named like a directory, type ") + (type != 0 ? "0" : "NUL"),
            behind({.name = "dir/", .type = type, .size = zeros.size()}, zeros));
  for (const char type : "0\0"sv)
    out.add("type", std::string("named like a directory, payload as body, type ") + (type != 0 ? "0" : "NUL"),
            TarBuilder().entry({.name = "dir/", .type = type}, evil_tar()).closed());
  for (const char type : "7ADIMNSVXZ"sv)
    out.add("type", std::string("type ") + type,
            behind({.name = std::string(kTrap), .type = type, .size = 512}, evil_body()));
  out.add("name", "empty", TarBuilder().entry({.name = ""}, marker(1)).closed());
  out.add("name", "prefix and name",
          TarBuilder().entry({.name = "evil", .prefix = "opt"}, marker(1)).closed());
  out.add("name", "magic ustarX", odd_file(257, "ustarX00"));
  out.add("name", "magic of v7", odd_file(257, std::string(8, '\0')));
  out.add("name", "version 01", odd_file(263, "01"));
  out.add("name", "star trailer", odd_file(508, "tar\0"sv));
  out.add("name", "star trailer with a name in its prefix",
          TarBuilder()
              .entry({.name = "evil",
                      .prefix = std::string(140, 'p'),
                      .tamper = [](std::string& b) { put(b, 508, "tar\0"sv); }},
                     marker(1))
              .closed());
  out.add("name", "GNU header with a prefix", odd_file(345, "usr/bin", TarFlavour::gnu));
  out.add("name", "GNU header with times", odd_file(345, "14524552000\00014524552000\0"sv, TarFlavour::gnu));
  out.add("name", "GNU header with a real size", odd_file(483, "00000000000\0"sv, TarFlavour::gnu));
}

void add_pax(Recipes& out) {
  const std::string evil(kEvil);
  const std::string long_name = std::string(130, 'n') + '\0';
  const std::string zeros(1024, '\0');
  out.add("pax", "x, then g, then the file",
          TarBuilder().pax({{"size", "0"}}).pax({{"comment", "c"}}, 'g').file(evil, marker(1)).closed());
  out.add("pax", "x, then g, then zeros as a body",
          TarBuilder()
              .pax({{"size", "0"}})
              .pax({{"comment", "c"}}, 'g')
              .entry({.name = "z"}, zeros)
              .file(evil, marker(1))
              .closed());
  out.add("pax", "two x",
          TarBuilder().pax({{"size", "24"}}).pax({{"mtime", "1"}}).file(evil, marker(1)).closed());
  for (const char* size : {"0", "1", "1024", "-1", "+24", " 24", "", "99999999999999999999", "0x18", "24\n"})
    out.add("pax", std::string("size ") + size, pax_before_evil({{"size", size}}));
  out.add("pax", "size twice", pax_before_evil({{"size", "0"}, {"size", "24"}}));
  out.add("pax", "path twice", pax_before_evil({{"path", "a"}, {"path", "b"}}));
  out.add("pax", "path empty", pax_before_evil({{"path", ""}}));
  out.add("pax", "path with NUL", pax_before_evil({{"path", std::string("a\0b", 3)}}));
  out.add("pax", "path ends in a slash", pax_before_evil({{"path", "dir/"}}));
  out.add("pax", "path in Latin-1", pax_before_evil({{"path", "opt/caf\xe9"}}));
  for (const char* key :
       {"SUN.holesdata", "SCHILY.realsize", "GNU.sparse.name", "GNU.sparse.size", "GNU.sparse.realsize",
        "GNU.sparse.map", "GNU.sparse.major", "hdrcharset", "SCHILY.filetype"})
    out.add("pax", std::string("key ") + key, pax_before_evil({{key, "0"}}));
  out.add("pax", "holes over the whole file", pax_before_evil({{"SUN.holesdata", " 0 24 "}}));
  out.add("pax", "sparse 0.0",
          pax_before_evil({{"GNU.sparse.size", "2048"},
                           {"GNU.sparse.numblocks", "1"},
                           {"GNU.sparse.offset", "0"},
                           {"GNU.sparse.numbytes", "24"}}));
  out.add("pax", "sparse 0.1",
          pax_before_evil(
              {{"GNU.sparse.size", "2048"}, {"GNU.sparse.map", "0,24"}, {"GNU.sparse.name", "opt/other"}}));
  std::string map = "1\n0\n24\n";
  map.resize(512);
  out.add("pax", "sparse 1.0",
          TarBuilder()
              .pax({{"GNU.sparse.major", "1"},
                    {"GNU.sparse.minor", "0"},
                    {"GNU.sparse.name", "opt/other"},
                    {"GNU.sparse.realsize", "2048"}})
              .file(evil, map + marker(1))
              .closed());
  out.add("pax", "global path", TarBuilder().pax({{"path", "g"}}, 'g').file(evil, marker(1)).closed());
  out.add("pax", "global size", TarBuilder().pax({{"size", "0"}}, 'g').file(evil, marker(1)).closed());
  out.add("pax", "long name, then path",
          TarBuilder().gnu_long('L', long_name).pax({{"path", "p"}}).file(evil, marker(1)).closed());
  out.add("pax", "path, then long name",
          TarBuilder().pax({{"path", "p"}}).gnu_long('L', long_name).file(evil, marker(1)).closed());
  out.add("pax", "long name twice",
          TarBuilder().gnu_long('L', long_name).gnu_long('L', "other").file(evil, marker(1)).closed());
  out.add("pax", "long name, then g",
          TarBuilder().gnu_long('L', long_name).pax({{"comment", "c"}}, 'g').file(evil, marker(1)).closed());
  out.add("pax", "record that claims too much",
          TarBuilder().entry({.name = "x", .type = 'x'}, "99 size=0\n").file(evil, marker(1)).closed());
  out.add("pax", "record without a newline",
          TarBuilder().entry({.name = "x", .type = 'x'}, "10 size=0 ").file(evil, marker(1)).closed());
  out.add("pax", "NULs after the records",
          TarBuilder()
              .entry({.name = "x", .type = 'x'}, test::pax_body({{"mtime", "1"}}) + std::string(20, '\0'))
              .file(evil, marker(1))
              .closed());
}

void add_endings(Recipes& out) {
  const std::string evil(kEvil);
  const std::string whole = evil_tar();
  out.add("end", "good", whole);
  out.add("end", "no zero blocks", TarBuilder().file(evil, marker(1)).open());
  out.add("end", "one zero block", TarBuilder().file(evil, marker(1)).zero_blocks(1).open());
  out.add("end", "cut in the padding", whole.substr(0, 512 + 100));
  out.add("end", "cut in the content", whole.substr(0, 512 + 20));
  out.add("end", "one zero block in between",
          TarBuilder().file("good", "good").zero_blocks(1).file(evil, marker(1)).closed());
  out.add("end", "two zero blocks in between",
          TarBuilder().file("good", "good").zero_blocks(2).file(evil, marker(1)).closed());
  out.add("end", "twenty zero blocks in between",
          TarBuilder().file("good", "good").zero_blocks(20).file(evil, marker(1)).closed());
  out.add("end", "zeros in front", std::string(1024, '\0') + whole);
  out.add("end", "junk in front", "junk" + whole);
  out.add("end", "header with a wrong checksum in front",
          TarBuilder().header({.right_checksum = false}).file(evil, marker(1)).closed());
  out.add("end", "wrong checksum on the file",
          TarBuilder().entry({.name = evil, .right_checksum = false}, marker(1)).closed());
  out.add("end", "signed checksum", TarBuilder().entry({.name = evil + "\xe9"}, marker(1)).closed());
  out.add("end", "a tar as the content of a file",
          TarBuilder().file("inner.tar", whole).file("after", marker(2)).closed());
  out.add("end", "the same path twice", TarBuilder().file(evil, "good").file(evil, marker(1)).closed());
  out.add("end", "x at the very end", TarBuilder().file(evil, marker(1)).pax({{"path", "p"}}).closed());
}

void add_framings(Recipes& out) {
  const std::string evil = evil_tar();
  const std::string good = TarBuilder().file("good", "good").closed();
  const std::string open_good = TarBuilder().file("good", "good").open();
  const std::string joined = open_good + evil;
  constexpr auto kGzip = oci::kOciLayerGzip;
  constexpr auto kZstd = oci::kOciLayerZstd;
  out.add_blob("gzip", kGzip, gzip_member(evil), evil);
  out.add_blob("two members", kGzip, gzip_member(open_good) + gzip_member(evil), joined);
  out.add_blob("members cut inside a header", kGzip,
               gzip_member(evil.substr(0, 300)) + gzip_member(evil.substr(300)), evil);
  for (int bit = 5; bit < 8; ++bit)
    out.add_blob("second member with reserved flag " + std::to_string(bit), kGzip,
                 gzip_member(open_good) + gzip_member(evil, {.flags = static_cast<unsigned char>(1 << bit)}),
                 joined);
  out.add_blob("first member with a reserved flag", kGzip, gzip_member(evil, {.flags = 0x20}), evil);
  out.add_blob("second member with a wrong checksum", kGzip,
               gzip_member(open_good) + gzip_member(evil, {.crc_change = 1}), joined);
  out.add_blob("first member with a wrong checksum", kGzip,
               gzip_member(open_good, {.crc_change = 1}) + gzip_member(evil), joined);
  out.add_blob("first member with a wrong length", kGzip,
               gzip_member(open_good, {.length_change = 1}) + gzip_member(evil), joined);
  out.add_blob("zeros, then a second member", kGzip,
               gzip_member(open_good) + std::string(16, '\0') + gzip_member(evil), joined);
  out.add_blob("junk, then a second member", kGzip, gzip_member(open_good) + "junk" + gzip_member(evil),
               joined);
  out.add_blob("plain tar after a member", kGzip, gzip_member(open_good) + evil, joined);
  out.add_blob("ended tar, then a second member", kGzip, gzip_member(good) + gzip_member(evil), good + evil);
  out.add_blob("zstd frame after a gzip member", kGzip, gzip_member(open_good) + zstd_frame(evil), joined);
  out.add_blob("cut member", kGzip, gzip_member(evil).substr(0, 600), evil);
  out.add_blob("gzip twice", kGzip, gzip_member(gzip_member(evil)), gzip_member(evil));
  out.add_blob("zstd in gzip", kGzip, gzip_member(zstd_frame(evil)), zstd_frame(evil));
  out.add_blob("gzip declared as tar", oci::kOciLayer, gzip_member(evil), evil);
  out.add_blob("zstd declared as gzip", kGzip, zstd_frame(evil), evil);
  out.add_blob("tar declared as gzip", kGzip, evil, evil);
  out.add_blob("zstd", kZstd, zstd_frame(evil), evil);
  out.add_blob("two frames", kZstd, zstd_frame(open_good) + zstd_frame(evil), joined);
  out.add_blob("skippable frames around (zstd:chunked)", kZstd,
               zstd_frame(evil) + zstd_skippable("footer", 1), evil);
  out.add_blob("skippable frame first", kZstd, zstd_skippable("head") + zstd_frame(evil), evil);
  out.add_blob("skippable frame in between", kZstd,
               zstd_frame(open_good) + zstd_skippable("x", 15) + zstd_frame(evil), joined);
  out.add_blob("gzip member after a zstd frame", kZstd, zstd_frame(open_good) + gzip_member(evil), joined);
  out.add_blob("junk after a zstd frame", kZstd, zstd_frame(evil) + "junk", evil);

  // The name of the first entry is the header of a skippable frame that spans the whole tar.
  const std::string cover = test::TarBuilder().file("AAAAAAAA", "good").file("b", "good").closed();
  const TarHeaderSpec name{.name = zstd_skippable_header(static_cast<std::uint32_t>(cover.size() - 8))};
  const std::string spanning = TarBuilder().entry(name, "good").file("b", "good").closed() + zstd_frame(evil);
  out.add_blob("tar whose first name is a skippable frame", oci::kOciLayer, spanning, spanning);
  out.add_blob("the same as zstd", kZstd, spanning, evil);
}

}  // namespace

std::string marker(unsigned id) {
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "%04u", id % 10000);
  return std::string(kMarkerStart) + digits.data() + "!\n";
}

std::vector<Sample> recipes() {
  Recipes out;
  add_sizes(out);
  add_names_and_types(out);
  add_pax(out);
  add_endings(out);
  add_framings(out);
  return std::move(out.all);
}

}  // namespace portcullis::corpus
