// SPDX-License-Identifier: Apache-2.0
//
// portcullis_fuzz_seeds DIRECTORY: first inputs for the targets that read our own formats or layers.
// They are made, not kept: a repository full of odd archives trips virus scanners.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "corpus/sample.hpp"
#include "portcullis/scan/protocol.hpp"

namespace {

using namespace portcullis;
namespace fs = std::filesystem;

void write(const fs::path& directory, const std::string& name, const std::string& bytes) {
  fs::create_directories(directory);
  std::ofstream(directory / name, std::ios::binary) << bytes;
}

void write_layers(const fs::path& root) {
  std::size_t count = 0;
  auto samples = corpus::recipes();
  for (auto& mutant : corpus::mutants(1, 200)) samples.push_back(std::move(mutant));
  for (const corpus::Sample& sample : samples) {
    const std::string name = std::to_string(++count);
    const char mode = sample.media_type.ends_with("gzip") ? 2 : sample.media_type.ends_with("zstd") ? 3 : 1;
    write(root / "layer", name, mode + sample.bytes);
    if (mode != 1) write(root / "decoder", name, static_cast<char>(mode == 2 ? 1 : 0) + sample.bytes);
  }
}

void write_results(const fs::path& root) {
  findings::Finding finding;
  finding.rule = "rule";
  finding.path = "usr/bin/x";
  finding.techniques = {"T1496"};
  finding.strings = {{"$a", 7, "data"}};
  const std::string one = scan::encode_frame(finding);
  scan::FinalRecord last;
  last.outcome = findings::Outcome::complete;
  const std::string clean = scan::encode_frame(last);
  last.findings = 2;
  write(root / "result", "clean", "\7" + clean);
  write(root / "result", "two", "\3" + one + one + scan::encode_frame(last));
  const std::string file =
      scan::encode_frame(findings::LayerFile{"opt/app.jar!/x.sh", std::string(64, 'a'), 7, "script"});
  last.findings = 1;
  last.layer_files = 2;
  write(root / "result", "inventory", "\3" + one + file + file + scan::encode_frame(last));
  write(root / "result", "miscounted", "\3" + one + clean);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: portcullis_fuzz_seeds DIRECTORY\n");
    return 64;
  }
  write_layers(argv[1]);
  write_results(argv[1]);
  return 0;
}
