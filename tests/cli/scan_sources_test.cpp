// SPDX-License-Identifier: Apache-2.0
//
// Every kind of source of `portcullis scan`, as the real tools write them and as nobody should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "portcullis/util/clock.hpp"
#include "scan_fixture.hpp"
#include "support/docker_registry.hpp"
#include "support/dockerd.hpp"
#include "support/require.hpp"
#include "support/tar_builder.hpp"

namespace portcullis::cli {
namespace {

using nlohmann::json;
using test::ImageBuilder;
using test::TarBuilder;
using testing::AllOf;
using testing::HasSubstr;

using ScanSources = ScanFixture;

std::string diff_id_of(const std::string& tar) { return oci::Digest::of(tar).text(); }

/// What `docker save` writes, byte by byte.
struct Saved {
  std::vector<std::string> layers = {};
  std::vector<std::string> diff_ids = {};  ///< of `layers` when empty
  std::string tag = "team/app:1";

  std::string config() const {
    json diffs = json::array();
    for (const auto& layer : layers) diffs.push_back(diff_id_of(layer));
    if (!diff_ids.empty()) diffs = diff_ids;
    return json{
        {"architecture", "amd64"}, {"os", "linux"}, {"rootfs", {{"type", "layers"}, {"diff_ids", diffs}}}}
        .dump();
  }
  json entry() const {
    json names = json::array();
    for (std::size_t i = 0; i < layers.size(); ++i) names.push_back("l" + std::to_string(i) + "/layer.tar");
    return {{"Config", "config.json"}, {"RepoTags", {tag}}, {"Layers", names}};
  }
  TarBuilder members() const {
    TarBuilder tar;
    tar.file("config.json", config());
    for (std::size_t i = 0; i < layers.size(); ++i) {
      tar.directory("l" + std::to_string(i) + "/").file("l" + std::to_string(i) + "/layer.tar", layers[i]);
    }
    return tar;
  }
  std::string tar() const { return members().file("manifest.json", json::array({entry()}).dump()).closed(); }
};

const std::string kCleanLayer = test::make_tar({kClean});

TEST_F(ScanSources, ArchivesOfSkopeo) {
  PORTCULLIS_REQUIRE_TOOL("skopeo");
  const auto clean = "oci:" + layout("clean", image(false)) + ":v1";
  const auto infected = "oci:" + layout("infected", image(true)) + ":v1";
  for (const std::string kind : {"docker-archive", "oci-archive"}) {
    SCOPED_TRACE(kind);
    const auto place = [&](const std::string& name) { return kind + ":" + (dir_ / (kind + name)).string(); };
    copy(clean, place("-clean.tar") + ":team/app:1");
    copy(infected, place("-infected.tar") + ":team/app:1");
    expect_verdicts(place("-clean.tar"), place("-infected.tar"));
    expect_verdicts(place("-clean.tar") + ":team/app:1", place("-infected.tar") + ":team/app:1");
    expect_not_judged(place("-clean.tar") + ":team/other:1", "there is no image named team/other:1");
    for (const bool bad_one : {false, true}) {
      auto piped = command({"-"});
      piped.input = test::slurp(dir_ / (kind + (bad_one ? "-infected.tar" : "-clean.tar")));
      EXPECT_EQ(test::run(piped).exit_code, bad_one ? 1 : 0);
    }
  }
}

TEST_F(ScanSources, CompressedArchives) {
  Saved saved{.layers = {kCleanLayer, test::make_tar({bad()})}};
  for (const auto how : {oci::Compression::gzip, oci::Compression::zstd}) {
    const auto file = dir_.write("saved.tar.c", test::compress(saved.tar(), how));
    EXPECT_EQ(scan({"docker-archive:" + file.string()}).exit_code, 1);
  }
}

TEST_F(ScanSources, LayersThatAreCompressedInTheArchive) {
  Saved saved{.layers = {test::compress(test::make_tar({bad()}), oci::Compression::gzip)},
              .diff_ids = {diff_id_of(test::make_tar({bad()}))}};
  EXPECT_EQ(scan({"docker-archive:" + dir_.write("jib.tar", saved.tar()).string()}).exit_code, 1);
}

TEST_F(ScanSources, LinksBetweenLayersAreFollowedInsideTheArchiveOnly) {
  const auto layer = test::make_tar({bad()});
  Saved saved{.layers = {layer}};
  const auto with = [&](const std::string& target) {
    auto entry = saved.entry();
    entry["Layers"] = {"link/layer.tar"};
    return dir_
        .write("linked.tar", saved.members()
                                 .directory("link/")
                                 .symlink("link/layer.tar", target)
                                 .file("manifest.json", json::array({entry}).dump())
                                 .closed())
        .string();
  };
  EXPECT_EQ(scan({"docker-archive:" + with("../l0/layer.tar")}).exit_code, 1);
  expect_not_judged("docker-archive:" + with("../../etc/passwd"), "leads out of the archive");
  expect_not_judged("docker-archive:" + with("layer.tar"), "a link to a link");
}

TEST_F(ScanSources, AnArchiveThatIsBothMustBeCleanForBoth) {
  PORTCULLIS_REQUIRE_TOOL("skopeo");
  // docker reads manifest.json, containerd index.json.
  Saved clean{.layers = {kCleanLayer}};
  const auto infected = layout("infected", image(true));
  auto tar = clean.members();
  tar.file("manifest.json", json::array({clean.entry()}).dump());
  for (const auto& file : std::filesystem::recursive_directory_iterator(infected)) {
    if (!file.is_regular_file()) continue;
    tar.file(std::filesystem::relative(file.path(), infected).string(), test::slurp(file.path()));
  }
  const auto file = dir_.write("both.tar", tar.closed()).string();
  for (const std::string kind : {"docker-archive:", "oci-archive:"}) {
    EXPECT_EQ(scan({kind + file}).exit_code, 1) << kind;
  }
}

TEST_F(ScanSources, BrokenArchivesEachSayWhatIsWrong) {
  const Saved good{.layers = {kCleanLayer}};
  const auto whole = good.tar();
  auto missing_layer = good.entry();
  missing_layer["Layers"] = {"gone/layer.tar"};
  auto no_config = good.entry();
  no_config.erase("Config");
  auto many = TarBuilder();
  for (int i = 0; i < 20'001; ++i) many.file("f" + std::to_string(i), "");
  const auto manifest = [&](const std::string& text) {
    return good.members().file("manifest.json", text).closed();
  };
  struct Row {
    const char* name;
    std::string bytes;
    const char* message;
  };
  const Row rows[] = {
      {"nothing", "", "is empty (0 bytes)"},
      {"garbage", std::string(4096, 'x'), "cannot be read as an archive"},
      {"cut in a layer", whole.substr(0, whole.size() / 2), "cannot be read as an archive"},
      {"cut gzip", test::compress(whole, oci::Compression::gzip).substr(0, 300),
       "cannot be read as an archive"},
      {"some other tar", kCleanLayer, "there is neither manifest.json"},
      {"cut between members", whole.substr(0, 1024), "not all of one"},
      {"missing layer", manifest(json::array({missing_layer}).dump()), "\"gone/layer.tar\" is missing"},
      {"no config", manifest(json::array({no_config}).dump()), "Config: is missing"},
      {"no image", manifest("[]"), "it lists no image"},
      {"no list", manifest("{}"), "not a JSON list"},
      {"a key twice", manifest(R"([{"Config":"a","Config":"b"}])"), "occurs twice"},
      {"a key in another case", manifest(R"([{"Config":"config.json","layers":[]}])"), "letter case"},
      {"wrong diff ID", Saved{.layers = {kCleanLayer}, .diff_ids = {diff_id_of("something else")}}.tar(),
       "has the digest sha256:"},
      {"too few diff IDs",
       Saved{.layers = {kCleanLayer, kCleanLayer}, .diff_ids = {diff_id_of(kCleanLayer)}}.tar(),
       "lists 2 layers, the image config 1"},
      {"huge manifest", manifest("[" + std::string(5u << 20, ' ') + "]"), "is larger than 4 MiB"},
      {"two manifests", good.members().file("manifest.json", "[]").file("manifest.json", "[]").closed(),
       "two entries with one name"},
      {"absurdly many members", many.closed(), "limit"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    expect_not_judged("docker-archive:" + dir_.write("broken.tar", row.bytes).string(), row.message);
  }
}

TEST_F(ScanSources, BombsEndAtTheirLimits) {
  PORTCULLIS_REQUIRE_TOOL("python3");
  // Small limits, so that small bombs do.
  const auto limits =
      dir_.write("limits.toml", "[scan]\nunpacked_size = \"8 MiB\"\nnested_size = \"4 MiB\"\n").string();
  const std::string zeros(6u << 20, '\0');
  const auto zip = (dir_ / "bomb.zip").string();
  test::run_ok({.argv = {"python3", "-c",
                         "import sys,zipfile\n"
                         "with zipfile.ZipFile(sys.argv[1],'w',zipfile.ZIP_DEFLATED) as z:\n"
                         "  z.writestr('zeros',bytes(6<<20))\n",
                         zip}});
  const auto with_zip = test::make_tar({{"opt/bomb.zip", test::slurp(zip)}});
  const auto zip_source = "layer:" + dir_.write("zip.tar", with_zip).string();
  // What is not looked at in an archive is a finding, and the policy says what becomes of it.
  const auto warned = scan({"--config", limits, zip_source});
  EXPECT_EQ(warned.exit_code, 0) << warned.out << warned.err;
  EXPECT_THAT(warned.out, AllOf(HasSubstr("opt/bomb.zip"), HasSubstr("more than 4194304 bytes")));
  EXPECT_EQ(scan({"--config", limits, "--fail-on", "medium", zip_source}).exit_code, 1);

  const auto gzip = [](const std::string& bytes) { return test::compress(bytes, oci::Compression::gzip); };
  const Saved bomb{.layers = {test::make_tar({{"zeros", zeros + zeros}})}};
  const Saved bomb_in_layer{.layers = {gzip(bomb.layers[0])}, .diff_ids = {diff_id_of(bomb.layers[0])}};
  struct Row {
    const char* name;
    std::string source;
  };
  const Row rows[] = {
      {"archive", "docker-archive:" + dir_.write("bomb.tar.gz", gzip(bomb.tar())).string()},
      {"layer in an archive", "docker-archive:" + dir_.write("in-layer.tar", bomb_in_layer.tar()).string()},
      {"layer", "layer:" + dir_.write("layer.tar.gz", gzip(bomb.layers[0])).string()},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto result = scan({"--config", limits, row.source});
    EXPECT_EQ(result.exit_code, 2) << result.out << result.err;
    EXPECT_THAT(result.out, HasSubstr("over the limit of 8.0 MiB for unpacked bytes"));
  }
}

TEST_F(ScanSources, BrokenLayoutsAndPlacesEachSayWhatIsWrong) {
  const auto victim = image(true);
  const auto blob_of = [&](const std::string& name) {
    return dir_ / name / "blobs/sha256" / std::string(victim.layers[1].digest().hex());
  };
  layout("missing", victim);
  std::filesystem::remove(blob_of("missing"));
  layout("changed", victim);
  dir_.write(std::filesystem::relative(blob_of("changed"), dir_.path()).string(),
             std::string(victim.layers[1].bytes.size(), 'x'));
  const auto foreign = ImageBuilder()
                           .raw_layer({"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                                       test::compress(kCleanLayer, oci::Compression::gzip)},
                                      oci::Digest::of(kCleanLayer))
                           .build();
  auto with_url = foreign;
  auto manifest = json::parse(with_url.manifest.bytes);
  manifest["layers"][0]["urls"] = {"https://example.com/layer"};
  with_url.manifest.bytes = manifest.dump();
  layout("foreign", with_url);
  std::filesystem::create_directory(dir_ / "empty");
  const auto fifo = (dir_ / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const auto at = [&](const char* name) { return (dir_ / name).string(); };
  struct Row {
    const char* name;
    std::string source;
    const char* message;
  };
  const Row rows[] = {
      {"missing layer", "oci:" + at("missing"), "is missing from the image"},
      {"changed layer", "oci:" + at("changed"), "digest"},
      {"foreign layer", "oci:" + at("foreign"), "manifest_foreign_urls"},
      {"no layout", "oci:" + at("empty"), "oci-layout is missing"},
      {"another name", "oci:" + at("missing") + ":other", "there is: v1"},
      {"no file", "oci-archive:" + at("nothing.tar"), "No such file"},
      {"fifo as archive", "docker-archive:" + fifo, "not a regular file"},
      {"fifo as layer", "layer:" + fifo, "not a regular file"},
      {"directory as archive", "docker-archive:" + at("empty"), "not a regular file"},
      {"empty layer", "layer:" + dir_.write("zero", "").string(), "is empty (0 bytes)"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    expect_not_judged(row.source, row.message);
  }
}

TEST_F(ScanSources, ADirectoryThatCannotBeReadIsNotClean) {
  PORTCULLIS_REQUIRE(getuid() != 0 || test::have_tool("setpriv"), "setpriv, to be somebody else than root");
  dir_.write("root/secret/file", "x");
  chmod((dir_ / "root/secret").c_str(), 0);
  auto made = portcullis({"scan", "--no-cache", "--format", "json", "dir:" + (dir_ / "root").string()});
  if (getuid() == 0) {
    chmod(dir_.path().c_str(), 0755);
    made.argv.insert(made.argv.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  }
  const auto result = test::run(made);
  chmod((dir_ / "root/secret").c_str(), 0700);
  EXPECT_EQ(result.exit_code, 2) << result.out << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("secret"), HasSubstr("Permission denied")));
}

TEST_F(ScanSources, WithoutANameEveryImageOfALayoutIsJudged) {
  PORTCULLIS_REQUIRE_TOOL("skopeo");
  const auto clean = "oci:" + layout("clean", image(false)) + ":v1";
  const auto infected = "oci:" + layout("infected", image(true)) + ":v1";
  const auto both = "oci:" + (dir_ / "both").string();
  copy(clean, both + ":good");
  copy(infected, both + ":evil");
  const auto result = scan({both});
  EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("both:good"), HasSubstr("both:evil")));
  EXPECT_EQ(scan({both + ":good"}).exit_code, 0);
}

TEST_F(ScanSources, ArchivesOfBuildah) {
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE_TOOL("buildah");
  const auto buildah = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"buildah", "--storage-driver", "vfs", "--root",
                                         (dir_ / "root").string(), "--runroot", (dir_ / "run").string()});
    auto out = test::run_ok({.argv = std::move(arguments)}).out;
    return out.substr(0, out.find('\n'));
  };
  const auto archive = [&](const std::string& kind, const std::string& name) {
    return kind + ":" + (dir_ / (kind + "-" + name)).string();
  };
  const auto make = [&](const std::string& name, const test::FileSpec& file) {
    const auto container = buildah({"from", "scratch"});
    buildah({"copy", "-q", container, dir_.write(name, file.content).string(), "/" + file.path});
    buildah({"commit", "-q", "--rm", container, name});
    for (const std::string kind : {"oci-archive", "docker-archive"}) {
      buildah({"push", "-q", name, archive(kind, name) + ":team/" + name + ":1"});
    }
  };
  make("clean", kClean);
  make("infected", bad());
  for (const std::string kind : {"oci-archive", "docker-archive"}) {
    SCOPED_TRACE(kind);
    expect_verdicts(archive(kind, "clean"), archive(kind, "infected"));
  }
}

TEST_F(ScanSources, LayoutsOfUmoci) {
  PORTCULLIS_REQUIRE_TOOL("umoci");
  const auto place = (dir_ / "umoci").string();
  test::run_ok({.argv = {"umoci", "init", "--layout", place}});
  test::run_ok({.argv = {"umoci", "new", "--image", place + ":clean"}});
  test::run_ok(
      {.argv = {"umoci", "insert", "--image", place + ":clean", dir_.write("f", "fine").string(), "/f"}});
  test::run_ok({.argv = {"umoci", "insert", "--image", place + ":clean", "--tag", "evil",
                         dir_.write("dropper", test::eicar()).string(), "/usr/bin/dropper"}});
  expect_verdicts("oci:" + place + ":clean", "oci:" + place + ":evil");
}

TEST_F(ScanSources, AllPlatformsCountWithTheWorst) {
  const auto index = test::make_index({ImageBuilder().layer({kClean}).architecture("amd64").build(),
                                       ImageBuilder().layer({bad()}).architecture("arm64").build()});
  test::write_oci_layout(dir_ / "index", "v1", index);
  const auto source = "oci:" + (dir_ / "index").string() + ":v1";
  EXPECT_EQ(scan({"--platform", "linux/amd64", source}).exit_code, 0);
  const auto all = scan({"--all-platforms", source});
  EXPECT_EQ(all.exit_code, 1) << all.out << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("linux/amd64"), HasSubstr("linux/arm64")));
}

TEST_F(ScanSources, SeveralSourcesEndWithTheWorstCode) {
  const auto clean = dir_.write("clean.tar", kCleanLayer).string();
  const auto infected = dir_.write("bad.tar", test::make_tar({bad()})).string();
  EXPECT_EQ(scan({"layer:" + clean, "layer:" + clean}).exit_code, 0);
  EXPECT_EQ(scan({"layer:" + clean, "layer:/nonexistent"}).exit_code, 2);
  EXPECT_EQ(scan({"layer:/nonexistent", "layer:" + infected, "layer:" + clean}).exit_code, 1);
  EXPECT_EQ(scan({"-", "-"}).exit_code, 64);
}

TEST_F(ScanSources, AuditReportsAndPasses) {
  const auto infected = dir_.write("bad.tar", test::make_tar({bad()})).string();
  EXPECT_EQ(scan_json({"--audit", "layer:" + infected}, 0).at("verdict"), "block");
  EXPECT_EQ(scan({"--audit", "layer:/nonexistent"}).exit_code, 2);
  const auto cut = dir_.write("cut.tar", test::make_tar({bad()}).substr(0, 540)).string();
  EXPECT_EQ(scan({"--audit", "layer:" + cut}).exit_code, 2);
  const auto image_of = "oci:" + layout("infected", image(true)) + ":v1";
  EXPECT_EQ(scan_json({"--audit", image_of}, 0).at("verdict"), "block");
}

TEST_F(ScanSources, PolicyAndWaiversFromFiles) {
  const auto source = "oci:" + layout("infected", image(true)) + ":v1";
  const auto audit = dir_.write("audit.toml", "[policy]\nmode = \"audit\"\n").string();
  const auto strict = dir_.write("strict.toml", "[policy]\nblock_at = \"info\"\n").string();
  EXPECT_EQ(scan({"--policy", strict, source}).exit_code, 1);
  EXPECT_EQ(scan({"--policy", audit, source}).exit_code, 0);
  EXPECT_EQ(scan({"--policy", dir_.write("bad.toml", "[policy]\nblock_at = \"hgih\"\n").string(), source})
                .exit_code,
            78);
  const auto waiver = [&](const std::string& created, const std::string& expires) {
    return dir_
        .write("waivers.toml", "[[waiver]]\nid = \"w1\"\nrule = \"eicar_test_file\"\ndigest = \"" +
                                   image(true).digest().text() +
                                   "\"\nreason = \"our own test file\"\nauthor = \"ann@example\"\n"
                                   "created = " +
                                   created + "\nexpires = " + expires + "\n")
        .string();
  };
  const auto days_from_now = [](int days) {
    return util::to_rfc3339(util::SystemClock().now() + std::chrono::hours(24 * days));
  };
  const auto good = waiver(days_from_now(-1), days_from_now(7));
  EXPECT_EQ(scan({source}).exit_code, 1);
  EXPECT_EQ(scan({"--waivers", good, source}).exit_code, 0);
  EXPECT_EQ(scan({source}).exit_code, 1) << "a waiver of one call must not stay for the next";
  const auto expired = scan({"--waivers", waiver(days_from_now(-20), days_from_now(-10)), source});
  EXPECT_EQ(expired.exit_code, 1);
  EXPECT_THAT(expired.err, HasSubstr("waiver w1 (our own test file) ran out"));
  EXPECT_EQ(scan({"--waivers", dir_.write("none.toml", "[[waiver]]\n").string(), source}).exit_code, 78);
}

TEST_F(ScanSources, TenScansShareOneCache) {
  const auto source = "oci:" + layout("infected", image(true)) + ":v1";
  std::vector<std::thread> threads;
  std::vector<test::RunResult> results(10);
  for (auto& result : results) {
    threads.emplace_back([&, out = &result] { *out = scan({source}); });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
}

TEST_F(ScanSources, TheTimeIsOverWhileSomethingHangs) {
  auto waiting = command({"--timeout", "300ms", "--format", "json", "-"});
  const auto fifo = (dir_ / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  std::string shell = "exec 3<>'" + fifo + "'; exec \"$@\" <&3";
  waiting.argv.insert(waiting.argv.begin(), {"sh", "-c", shell, "sh"});
  const auto result = test::run(waiting);
  EXPECT_EQ(result.exit_code, 2) << result.out << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("not finished within --timeout while: "), HasSubstr("\"error\"")));
}

TEST_F(ScanSources, ImagesOfADockerDaemon) {
  PORTCULLIS_REQUIRE_ROOT();
  PORTCULLIS_REQUIRE_TOOL("dockerd");
  const test::TempDir short_dir;
  const test::Dockerd daemon(short_dir.path(), test::free_port());
  const auto load = [&](const char* tag, const std::string& layer) {
    Saved saved{.layers = {layer}, .tag = tag};
    const auto file = dir_.write("load.tar", saved.tar()).string();
    const auto loaded = daemon.docker({"load", "-i", file});
    ASSERT_EQ(loaded.exit_code, 0) << loaded.err;
  };
  load("team/clean:1", kCleanLayer);
  load("team/infected:1", test::make_tar({bad()}));
  const auto from_daemon = [&](const std::string& image) {
    auto made = command({"--format", "json", "docker-daemon:" + image});
    made.env["DOCKER_HOST"] = "unix://" + (short_dir / "s").string();
    return test::run(made);
  };
  EXPECT_EQ(from_daemon("team/clean:1").exit_code, 0);
  EXPECT_EQ(from_daemon("team/infected:1").exit_code, 1);
  EXPECT_EQ(from_daemon(daemon.image_id("team/infected:1")).exit_code, 1);
  const auto missing = from_daemon("team/nothing:1");
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.out, HasSubstr("has no image docker.io/team/nothing:1"));
  for (const char* name : {"team/clean:1", "team/infected:1"}) {
    const auto file = (dir_ / "saved.tar").string();
    ASSERT_EQ(daemon.docker({"save", "-o", file, name}).exit_code, 0);
    EXPECT_EQ(scan({"docker-archive:" + file}).exit_code, name == std::string("team/clean:1") ? 0 : 1);
  }
}

TEST_F(ScanSources, ADaemonThatIsNotThere) {
  auto made = command({"--format", "json", "docker-daemon:team/app:1"});
  made.env["DOCKER_HOST"] = "unix:///nonexistent/docker.sock";
  const auto none = test::run(made);
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.out, HasSubstr("is it running?"));
  made.env["DOCKER_HOST"] = "ssh://somewhere";
  const auto ssh = test::run(made);
  EXPECT_EQ(ssh.exit_code, 2);
  EXPECT_THAT(ssh.out, HasSubstr("docker save IMAGE | portcullis scan -"));
}

}  // namespace
}  // namespace portcullis::cli
