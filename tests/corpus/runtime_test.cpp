// SPDX-License-Identifier: Apache-2.0
//
// The corpus again with programs that really unpack images as oracles: umoci and dockerd. They are
// slower than a reader in Python, so they get the recipes and some of the mutants.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "corpus/judge.hpp"
#include "support/dockerd.hpp"
#include "support/image_builder.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::corpus {
namespace {

namespace fs = std::filesystem;

std::vector<Sample> recipes_and_mutants(std::size_t count) {
  auto samples = recipes();
  for (Sample& mutant : mutants(from_environment("PORTCULLIS_CORPUS_SEED", 20261123) + 77, count))
    samples.push_back(std::move(mutant));
  return samples;
}

/// What of the markers lies in the regular files below `directory`.
std::set<Sighting> sightings_below(const fs::path& directory) {
  std::set<Sighting> seen;
  std::error_code ignored;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(directory, options, ignored), end; at != end;
       at.increment(ignored))
    if (at->symlink_status().type() == fs::file_type::regular)
      seen.merge(sightings_in(fs::relative(at->path(), directory).string(), test::slurp(at->path())));
  return seen;
}

/// Counts, and fails where the runtime has a marker that the scanner never got.
class Comparison {
 public:
  void add(const Sample& sample, const std::set<Sighting>& on_disk) {
    const Verdict verdict = judge(sample);
    ++tried_;
    refused_ += verdict.complete() ? 0 : 1;
    seen_ += on_disk.empty() ? 0 : 1;
    if (!verdict.complete()) return;
    for (const Sighting& sighting : on_disk) {
      if (verdict.delivered_marker(sighting.marker)) continue;
      ++misses_;
      ADD_FAILURE() << "MISS: " << sample.group << ": " << sample.name << " unpacks marker "
                    << sighting.marker << " as " << sighting.path << "\n"
                    << hex(sample.bytes);
    }
  }

  void print(const char* runtime) const {
    std::printf("%-16s tried %6zu  refused %6zu  unpacked the marker %6zu  misses %zu\n", runtime, tried_,
                refused_, seen_, misses_);
    EXPECT_GT(seen_, tried_ / 5) << runtime << " unpacks next to nothing: is it used rightly?";
  }

 private:
  std::size_t tried_ = 0;
  std::size_t refused_ = 0;
  std::size_t seen_ = 0;
  std::size_t misses_ = 0;
};

test::Image image_of(const Sample& sample) {
  return test::ImageBuilder()
      .raw_layer({sample.media_type, sample.bytes}, oci::Digest::of(sample.tar))
      .build();
}

TEST(RuntimeCorpus, Umoci) {
  PORTCULLIS_REQUIRE_TOOL("umoci");
  PORTCULLIS_REQUIRE_TOOL("python3");
  PORTCULLIS_REQUIRE_ROOT();
  const test::TempDir directory;
  const auto samples = recipes_and_mutants(from_environment("PORTCULLIS_CORPUS_UMOCI", 200));
  std::vector<std::set<Sighting>> on_disk(samples.size());
  const auto unpack_every_second = [&](std::size_t first) {
    for (std::size_t i = first; i < samples.size(); i += 2) {
      const std::string name = std::to_string(i);
      test::write_oci_layout(directory / name, "t", image_of(samples[i]));
      const fs::path root = directory / (name + "-root");
      test::run({"umoci", "raw", "unpack", "--image", (directory / name).string() + ":t", root.string()});
      on_disk[i] = sightings_below(root);  // of a layer that umoci gave up on too
    }
  };
  std::thread other(unpack_every_second, 1);
  unpack_every_second(0);
  other.join();

  Comparison comparison;
  const auto oracle = ask_oracle(samples);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    comparison.add(samples[i], on_disk[i]);
    // The reader that stands in for Go where there is no time for Go must not be blinder.
    for (const Sighting& sighting : on_disk[i])
      EXPECT_TRUE(std::ranges::any_of(oracle[i],
                                      [&](const OracleSighting& seen) {
                                        return seen.reader == "go" && seen.sighting.marker == sighting.marker;
                                      }))
          << "umoci unpacks marker " << sighting.marker << ", go_tar.py does not see it: " << samples[i].group
          << ": " << samples[i].name << "\n"
          << hex(samples[i].bytes);
  }
  comparison.print("umoci");
}

TEST(RuntimeCorpus, Dockerd) {
  PORTCULLIS_REQUIRE_TOOL("dockerd");
  PORTCULLIS_REQUIRE_TOOL("docker");
  PORTCULLIS_REQUIRE_ROOT();
  const test::TempDir directory;
  const test::Dockerd dockerd(directory / "d", 1);
  Comparison comparison;
  for (const Sample& sample : recipes_and_mutants(from_environment("PORTCULLIS_CORPUS_DOCKER", 30))) {
    const test::Image image = image_of(sample);
    const std::string manifest =
        R"([{"Config":"config.json","RepoTags":["sample:1"],"Layers":["layer.tar"]}])";
    directory.write("image.tar", test::make_tar({{"manifest.json", manifest},
                                                 {"config.json", image.config.bytes},
                                                 {"layer.tar", sample.bytes}}));
    const auto loaded = dockerd.docker({"load", "-q", "-i", directory / "image.tar"});
    // With the vfs driver a layer is a plain directory.
    comparison.add(sample, sightings_below(directory / "d/d/vfs/dir"));
    if (loaded.exit_code == 0) dockerd.docker({"rmi", "-f", "sample:1"});
  }
  comparison.print("dockerd");
}

}  // namespace
}  // namespace portcullis::corpus
