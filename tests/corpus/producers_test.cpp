// SPDX-License-Identifier: Apache-2.0
//
// No false refusals: what real tools make of a tree is complete, and its files are delivered. The
// tools that write one tar are in tests/unpack; here are those that write images.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "corpus/judge.hpp"
#include "portcullis/oci/media_type.hpp"
#include "support/dockerd.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::corpus {
namespace {

namespace fs = std::filesystem;

std::string media_type_of(std::string_view blob) {
  if (blob.starts_with("\x1f\x8b")) return std::string(oci::kOciLayerGzip);
  if (blob.starts_with("\x28\xb5\x2f\xfd")) return std::string(oci::kOciLayerZstd);
  if (blob.size() > 512 && blob.substr(257, 5) == "ustar") return std::string(oci::kOciLayer);
  return {};  // no layer
}

class Producers : public testing::Test {
 protected:
  void SetUp() override {
    dir_.write("tree/etc/passwd", "root:x:0:0::/root:/bin/sh\n" + marker(1));
    dir_.write("tree/usr/share/caf\xc3\xa9", marker(2));
    dir_.write("tree/usr/share/caf\xe9", marker(3));  // Latin-1: not UTF-8
    dir_.write("tree/opt/" + std::string(90, 'd') + "/" + std::string(140, 'n'), marker(4));
    dir_.write("tree/usr/lib/big", marker(5) + std::string(3'000'000, 'b'));
    dir_.write("tree/usr/lib/empty", "");
    fs::create_hard_link(dir_ / "tree/etc/passwd", dir_ / "tree/etc/passwd-");
    fs::create_symlink("../etc/passwd", dir_ / "tree/usr/link");
    fs::create_symlink("/" + std::string(150, 'l'), dir_ / "tree/usr/longlink");
    fs::permissions(dir_ / "tree/usr/lib/big", fs::perms(04755));
  }

  std::string out(std::vector<std::string> argv) {
    return test::run_ok({.argv = std::move(argv)}, std::chrono::minutes(2)).out;
  }
  std::string path(std::string_view name) const { return dir_ / name; }

  /// Every layer below the directory is complete, and together they deliver the five marked files.
  void expect_layers(const fs::path& directory, std::string_view media_type = {}) {
    std::set<unsigned> seen;
    std::size_t layers = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      if (entry.symlink_status().type() != fs::file_type::regular) continue;
      Sample sample;
      sample.bytes = test::slurp(entry.path());
      sample.media_type = media_type_of(sample.bytes);
      if (sample.media_type.empty()) continue;
      ++layers;
      EXPECT_TRUE(media_type.empty() || sample.media_type == media_type) << sample.media_type;
      const Verdict verdict = judge(sample);
      EXPECT_TRUE(verdict.complete())
          << entry.path() << ": " << verdict.ending.rule << ": " << verdict.ending.reason;
      for (const Sighting& sighting : verdict.delivered) seen.insert(sighting.marker);
    }
    EXPECT_GT(layers, 0u);
    EXPECT_EQ(seen, (std::set<unsigned>{1, 2, 3, 4, 5}));
  }

  void make_umoci_image() {
    out({"umoci", "init", "--layout", path("image")});
    out({"umoci", "new", "--image", path("image") + ":t"});
    out({"umoci", "insert", "--image", path("image") + ":t", path("tree"), "/tree"});
  }

  test::TempDir dir_;
};

TEST_F(Producers, UmociRepack) {
  PORTCULLIS_REQUIRE_TOOL("umoci");
  PORTCULLIS_REQUIRE_ROOT();
  out({"umoci", "init", "--layout", path("image")});
  out({"umoci", "new", "--image", path("image") + ":t"});
  out({"umoci", "unpack", "--image", path("image") + ":t", path("bundle")});
  out({"cp", "-a", path("tree"), path("bundle/rootfs/tree")});
  out({"umoci", "repack", "--image", path("image") + ":t", path("bundle")});
  fs::remove_all(path("bundle/rootfs/tree/opt"));  // a second layer, of whiteouts
  out({"umoci", "repack", "--image", path("image") + ":u", path("bundle")});
  expect_layers(dir_ / "image/blobs");
}

TEST_F(Producers, SkopeoRecompresses) {
  PORTCULLIS_REQUIRE_TOOL("umoci");
  PORTCULLIS_REQUIRE_TOOL("skopeo");
  PORTCULLIS_REQUIRE_ROOT();
  make_umoci_image();
  expect_layers(dir_ / "image/blobs", oci::kOciLayerGzip);
  for (const char* format : {"zstd", "gzip"}) {
    SCOPED_TRACE(format);
    const std::string copy = path(format);
    out({"skopeo", "--insecure-policy", "copy", "-q", "--dest-compress-format", format, "--dest-compress",
         "oci:" + path("image") + ":t", "dir:" + copy});
    expect_layers(copy);
  }
}

TEST_F(Producers, Buildah) {
  PORTCULLIS_REQUIRE_TOOL("buildah");
  PORTCULLIS_REQUIRE_ROOT();
  const auto buildah = [&](std::vector<std::string> arguments) {
    std::vector<std::string> argv{"buildah",          "--root", path("storage"), "--runroot", path("run"),
                                  "--storage-driver", "vfs"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    std::string text = out(std::move(argv));
    while (text.ends_with('\n')) text.pop_back();
    return text;
  };
  const std::string container = buildah({"from", "scratch"});
  buildah({"add", container, path("tree"), "/"});
  for (const char* format : {"oci", "docker"}) {
    SCOPED_TRACE(format);
    const std::string image = path(std::string("image-") + format);
    buildah({"commit", "-q", "--format", format, container, "dir:" + image});
    expect_layers(image);
  }
  buildah({"commit", "-q", container, "local:1"});
  for (const char* format : {"gzip", "zstd", "zstd:chunked"}) {
    SCOPED_TRACE(format);
    const std::string image = path(std::string("pushed-") + format);
    buildah({"push", "-q", "--compression-format", format, "local:1", "dir:" + image});
    expect_layers(image, format == std::string("gzip") ? oci::kOciLayerGzip : oci::kOciLayerZstd);
  }
  buildah({"rm", container});
}

TEST_F(Producers, DockerSave) {
  PORTCULLIS_REQUIRE_TOOL("dockerd");
  PORTCULLIS_REQUIRE_TOOL("docker");
  PORTCULLIS_REQUIRE_ROOT();
  const test::Dockerd dockerd(dir_ / "d", 1);
  out({"tar", "-C", path("tree"), "-cf", path("tree.tar"), "."});
  const auto imported = dockerd.docker({"import", path("tree.tar"), "made:1"});
  ASSERT_EQ(imported.exit_code, 0) << imported.err;
  const auto saved = dockerd.docker({"save", "-o", path("saved.tar"), "made:1"});
  ASSERT_EQ(saved.exit_code, 0) << saved.err;
  fs::create_directory(dir_ / "saved");
  out({"tar", "-C", path("saved"), "-xf", path("saved.tar")});
  expect_layers(dir_ / "saved");
}

/// A tar of these files, made by GNU tar in this format, is complete and has so many files at least.
class TarOfATree : public Producers {
 protected:
  void expect_complete(std::vector<std::string> what, std::uint64_t at_least) {
    for (const char* format : {"gnu", "posix"}) {
      SCOPED_TRACE(format);
      std::vector<std::string> argv{"tar",
                                    std::string("--format=") + format,
                                    "--xattrs",
                                    "--acls",
                                    "--warning=none",
                                    "--ignore-failed-read",
                                    "--use-compress-program=gzip -1",
                                    "-cf",
                                    path("tree.tar.gz")};
      argv.insert(argv.end(), what.begin(), what.end());
      // 1: a file changed while it was read.
      const auto made = test::run(test::Command{.argv = argv}, std::chrono::minutes(3));
      ASSERT_LE(made.exit_code, 1) << made.err;
      Sample sample;
      sample.bytes = test::slurp(path("tree.tar.gz"));
      sample.media_type = media_type_of(sample.bytes);
      const Verdict verdict = judge(sample);
      EXPECT_TRUE(verdict.complete()) << verdict.ending.rule << ": " << verdict.ending.reason;
      EXPECT_GE(verdict.ending.counts.files, at_least);
    }
  }
};

/// What debootstrap would unpack, as dpkg unpacked it here: every file of the essential and the required
/// packages of this machine, with its links, modes and capabilities, and what dpkg knows of them.
TEST_F(TarOfATree, PackagesThatEveryDebianHas) {
  PORTCULLIS_REQUIRE_TOOL("tar");
  PORTCULLIS_REQUIRE_TOOL("gzip");
  PORTCULLIS_REQUIRE_TOOL("dpkg-query");
  PORTCULLIS_REQUIRE_ROOT();
  out({"sh", "-c",
       "dpkg-query -W -f='${binary:Package} ${Essential} ${Priority}\\n' | "
       "sed -n -e 's/ yes .*//p' -e 's/ no required$//p' | xargs dpkg-query -L | "
       "sed -n 's|^/||p' | sort -u > \"$1\"",
       "sh", path("list")});
  expect_complete({"-C", "/", "--no-recursion", "-T", path("list"), "var/lib/dpkg/status"}, 1000);
}

/// The real thing, when somebody made it: `make test-full` does (scripts/test-debootstrap.sh).
TEST_F(TarOfATree, Debootstrap) {
  const char* tree = std::getenv("PORTCULLIS_DEBOOTSTRAP_TREE");
  if (tree == nullptr) GTEST_SKIP() << "PORTCULLIS_DEBOOTSTRAP_TREE names no tree; see `make test-full`";
  PORTCULLIS_REQUIRE_ROOT();
  expect_complete({"-C", tree, "--numeric-owner", "."}, 3000);
}

/// A real root file system is at hand: that of this machine.
TEST_F(TarOfATree, Machine) {
  PORTCULLIS_REQUIRE_TOOL("tar");
  PORTCULLIS_REQUIRE_TOOL("gzip");
  PORTCULLIS_REQUIRE_ROOT();
  std::vector<std::string> what{"-C", "/"};
  for (const char* tree :
       {"etc", "usr/share/zoneinfo", "usr/share/perl", "usr/share/perl5", "usr/share/terminfo", "dev"})
    if (fs::exists(fs::path("/") / tree)) what.emplace_back(tree);
  expect_complete(std::move(what), 100);
}

}  // namespace
}  // namespace portcullis::corpus
