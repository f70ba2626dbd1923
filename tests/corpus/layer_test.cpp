// SPDX-License-Identifier: Apache-2.0
//
// The differential corpus: no layer in which another reader sees a marked file is judged complete
// without that file having been delivered for scanning.
#include <gtest/gtest.h>

#include <clocale>
#include <cstdio>
#include <map>

#include "corpus/judge.hpp"
#include "portcullis/util/log.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::corpus {
namespace {

/// The scanner sets this locale before it unpacks anything. Hundreds of refusals need no log.
class Surroundings final : public testing::Environment {
 public:
  void SetUp() override {
    ASSERT_NE(std::setlocale(LC_ALL, "C.UTF-8"), nullptr);
    util::log::configure(util::log::Level::error, util::log::Format::text);
  }
};
const auto* const kSurroundings = testing::AddGlobalTestEnvironment(new Surroundings);

struct Figures {
  std::size_t tried = 0;
  std::size_t refused = 0;
  std::size_t seen = 0;  ///< by another reader
  std::size_t misses = 0;

  Figures& operator+=(const Figures& other) {
    tried += other.tried;
    refused += other.refused;
    seen += other.seen;
    misses += other.misses;
    return *this;
  }
};

/// Does a reader see a marker that was not delivered? Names count where a runtime's reader saw them:
/// rules and checks depend on them. Python's tarfile unpacks no images.
std::string miss(const Verdict& verdict, const std::vector<OracleSighting>& seen) {
  if (!verdict.complete()) return {};
  for (const auto& [reader, sighting] : seen) {
    if (!verdict.delivered_marker(sighting.marker))
      return reader + " sees marker " + std::to_string(sighting.marker) + ", which was not delivered";
    if (reader == "go" && !verdict.delivered.contains(sighting))
      return reader + " sees marker " + std::to_string(sighting.marker) + " as " + sighting.path +
             ", under which name it was not delivered";
  }
  return {};
}

TEST(LayerComparison, NoticesWhatWasNotDelivered) {
  const std::vector<OracleSighting> seen{{"go", {"opt/evil", 1}}};
  Verdict verdict;
  verdict.ending.code = findings::Outcome::complete;
  EXPECT_FALSE(miss(verdict, seen).empty()) << "nothing was delivered";
  verdict.delivered = {{"opt/evil", 2}};
  EXPECT_FALSE(miss(verdict, seen).empty()) << "another marker was delivered";
  verdict.delivered = {{"opt/good", 1}};
  EXPECT_FALSE(miss(verdict, seen).empty()) << "it was delivered under another name";
  verdict.delivered = {{"opt/evil", 1}};
  EXPECT_EQ(miss(verdict, seen), "");
  verdict.delivered.clear();
  verdict.ending.code = findings::Outcome::unscannable;
  EXPECT_EQ(miss(verdict, seen), "");
}

class LayerCorpus : public testing::Test {
 protected:
  void SetUp() override { PORTCULLIS_REQUIRE_TOOL("python3"); }

  void run(const std::vector<Sample>& samples) {
    const auto oracle = ask_oracle(samples);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const Verdict verdict = judge(samples[i]);
      Figures& figures = by_group_[samples[i].group];
      ++figures.tried;
      figures.refused += verdict.complete() ? 0 : 1;
      figures.seen += oracle[i].empty() ? 0 : 1;
      const std::string problem = miss(verdict, oracle[i]);
      if (problem.empty()) continue;
      ++figures.misses;
      report(samples[i], problem);
    }
  }

  void report(const Sample& sample, const std::string& problem) {
    const std::string file = testing::TempDir() + "portcullis-miss-" + std::to_string(++reported_) + ".hex";
    test::write_file(file, hex(sample.bytes) + "\n");
    ADD_FAILURE() << "MISS: " << sample.group << ": " << sample.name << ": " << problem << "\nas "
                  << sample.media_type << ", in hex: " << file;
  }

  Figures print_figures() const {
    Figures all;
    for (const auto& [group, figures] : by_group_) {
      print(group, figures);
      all += figures;
    }
    print("all", all);
    return all;
  }

  static void print(const std::string& group, const Figures& figures) {
    std::printf("%-16s tried %6zu  refused %6zu  seen by another reader %6zu  misses %zu\n", group.c_str(),
                figures.tried, figures.refused, figures.seen, figures.misses);
  }

 private:
  std::map<std::string, Figures> by_group_;
  std::size_t reported_ = 0;
};

TEST_F(LayerCorpus, Recipes) {
  run(recipes());
  const Figures all = print_figures();
  EXPECT_EQ(all.misses, 0u);
  EXPECT_GT(all.refused, all.tried / 2) << "most recipes mean two things";
  EXPECT_GT(all.seen, all.tried / 2) << "a recipe is worth something when a reader falls for it";
}

TEST_F(LayerCorpus, Mutants) {
  const std::uint64_t seed = from_environment("PORTCULLIS_CORPUS_SEED", 20261123);
  const std::size_t count = from_environment("PORTCULLIS_CORPUS_LAYERS", 12'000);
  std::printf("seed %llu (PORTCULLIS_CORPUS_SEED), %zu layers (PORTCULLIS_CORPUS_LAYERS)\n",
              static_cast<unsigned long long>(seed), count);
  constexpr std::size_t kBatch = 2000;
  for (std::size_t done = 0; done < count; done += kBatch)
    run(mutants(seed + done, std::min(kBatch, count - done)));
  const Figures all = print_figures();
  EXPECT_EQ(all.misses, 0u);
  EXPECT_EQ(all.tried, count);
  EXPECT_GT(all.tried - all.refused, count / 20) << "a corpus of which nothing passes shows nothing";
  EXPECT_GT(all.seen, count / 4);
}

}  // namespace
}  // namespace portcullis::corpus
