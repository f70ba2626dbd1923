// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/known_clean.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "known_clean_keys.hpp"
#include "known_clean_writer.hpp"
#include "portcullis/util/hash.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::scan {
namespace {

using test::key_of;
using test::keys_of;
using test::TempDir;

constexpr const char* kProfile = "0123456789abcdef";

std::shared_ptr<const Contribution> contribution(std::string label, std::vector<CleanKey> keys) {
  return std::make_shared<const Contribution>(Contribution{std::move(label), std::move(keys)});
}

std::optional<KnownCleanTable> map(const std::filesystem::path& path, std::string_view profile = kProfile) {
  const auto file = util::open_file(path, O_RDONLY);
  return file ? KnownCleanTable::map(file->get(), profile) : std::nullopt;
}

KnownCleanTable written(const TempDir& dir, const char* name, const GenerationPlan& plan) {
  if (auto done = write_generation(dir / name, plan); !done) throw std::runtime_error(done.error().message);
  auto table = map(dir / name);
  if (!table) throw std::runtime_error("the generation cannot be mapped");
  return std::move(*table);
}

GenerationPlan plan_of(std::vector<std::shared_ptr<const Contribution>> added,
                       const KnownCleanTable* base = nullptr) {
  GenerationPlan plan;
  plan.profile = kProfile;
  plan.base = base;
  plan.added = std::move(added);
  plan.max_bytes = 1u << 20;
  return plan;
}

TEST(CleanKeys, EachStatementHasItsOwnKey) {
  const std::string hash = util::sha256_hex("file");
  const std::vector<CleanKey> keys = {plain_key(hash),
                                      archive_bytes_key(hash),
                                      path_key(hash, "1:a"),
                                      path_key(hash, "1:b"),
                                      members_key(hash, "1:a", 0),
                                      members_key(hash, "1:a", 1),
                                      members_key(hash, "1:b", 0),
                                      leaning_members_key(hash, "1:a", 0, "epoch"),
                                      leaning_members_key(hash, "1:a", 1, "epoch"),
                                      leaning_members_key(hash, "1:b", 0, "epoch"),
                                      leaning_members_key(hash, "1:a", 0, "other"),
                                      plain_key(util::sha256_hex("other"))};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(keys[i], keys[j]) << i << ' ' << j;
  }
  EXPECT_EQ(plain_key(hash), plain_key(hash));
}

TEST(CleanKeys, AFileCannotSpellTheKeyOfAnother) {
  // A file whose bytes are what the key of another file is made of, down to the last one.
  const std::string evil = util::sha256_hex("evil");
  EXPECT_NE(plain_key(util::sha256_hex("plain " + evil)), plain_key(evil));
  EXPECT_NE(plain_key(util::sha256_hex("path " + evil + "1:a")), path_key(evil, "1:a"));
}

TEST(KnownCleanTable, HoldsWhatWasWrittenAndNothingElse) {
  const TempDir dir;
  for (const int count : {0, 1, 2, 1000}) {
    SCOPED_TRACE(count);
    const auto table = written(dir, "t", plan_of({contribution("sha256:a", keys_of(0, count))}));
    EXPECT_EQ(table.keys().size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(table.contains(key_of(i)));
      EXPECT_EQ(table.contributor(key_of(i)), "sha256:a");
    }
    EXPECT_FALSE(table.contains(key_of(count)));
    EXPECT_FALSE(table.contains({}));
  }
}

TEST(KnownCleanTable, MergesWithTheGenerationBefore) {
  const TempDir dir;
  const auto first =
      written(dir, "1", plan_of({contribution("a", keys_of(0, 10)), contribution("b", keys_of(5, 20))}));
  EXPECT_EQ(first.keys().size(), 20u);
  const auto second = written(
      dir, "2", plan_of({contribution("b", keys_of(20, 25)), contribution("c", keys_of(0, 30))}, &first));
  EXPECT_EQ(second.keys().size(), 30u);
  EXPECT_EQ(second.layers(), 3u);
  EXPECT_EQ(second.contributor(key_of(0)), "a") << "the first contributor stays";
  EXPECT_EQ(second.contributor(key_of(12)), "b");
  EXPECT_EQ(second.contributor(key_of(22)), "b");
  EXPECT_EQ(second.contributor(key_of(29)), "c");
}

TEST(KnownCleanTable, RevokedLayersAreLeftOut) {
  const TempDir dir;
  const auto first =
      written(dir, "1", plan_of({contribution("a", keys_of(0, 10)), contribution("b", keys_of(10, 20))}));
  auto plan = plan_of({contribution("c", keys_of(5, 8))}, &first);
  plan.revoked = {"a"};
  const auto second = written(dir, "2", plan);
  EXPECT_EQ(second.layers(), 2u);
  EXPECT_FALSE(second.contains(key_of(0)));
  EXPECT_EQ(second.contributor(key_of(5)), "c") << "who saw it too still vouches for it";
  EXPECT_EQ(second.contributor(key_of(15)), "b");
}

TEST(KnownCleanTable, OldestContributorsGoWhenItGetsTooLarge) {
  const TempDir dir;
  std::vector<std::shared_ptr<const Contribution>> layers;
  for (int i = 0; i < 20; ++i) {
    layers.push_back(contribution(std::to_string(i), keys_of(i * 100, (i + 1) * 100)));
  }
  auto plan = plan_of(layers);
  plan.max_bytes = 40'000;
  const auto table = written(dir, "t", plan);
  EXPECT_LE(std::filesystem::file_size(dir / "t"), plan.max_bytes);
  EXPECT_GT(table.keys().size(), 500u);
  EXPECT_FALSE(table.contains(key_of(0)));
  EXPECT_TRUE(table.contains(key_of(1999)));
}

TEST(KnownCleanTable, HasAnotherEpochWhenKeysWentAway) {
  const TempDir dir;
  const auto first =
      written(dir, "1", plan_of({contribution("a", keys_of(0, 100)), contribution("b", keys_of(100, 200))}));
  EXPECT_EQ(first.epoch().size(), kEpochSize);
  const auto grown = plan_of({contribution("c", keys_of(200, 300))}, &first);
  EXPECT_EQ(written(dir, "grown", grown).epoch(), first.epoch());

  auto revoked = grown;
  revoked.revoked = {"a"};
  EXPECT_NE(written(dir, "revoked", revoked).epoch(), first.epoch());
  auto shrunk = grown;
  shrunk.max_bytes = 10'000;
  EXPECT_NE(written(dir, "shrunk", shrunk).epoch(), first.epoch());
  auto new_one = grown;
  new_one.base = nullptr;
  EXPECT_NE(written(dir, "new", new_one).epoch(), first.epoch());
}

struct Damage {
  const char* name;
  std::function<void(std::string&)> inflict;
};
class DamagedTable : public ::testing::TestWithParam<Damage> {};

template <class T>
void overwrite(std::string& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

TEST_P(DamagedTable, IsNoTable) {
  const TempDir dir;
  written(dir, "t", plan_of({contribution("a", keys_of(0, 100))}));
  std::string bytes = test::slurp(dir / "t");
  GetParam().inflict(bytes);
  test::write_file(dir / "t", bytes);
  EXPECT_FALSE(map(dir / "t"));
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedTable,
    ::testing::Values(
        Damage{"Empty", [](std::string& b) { b.clear(); }},
        Damage{"HeaderOnly", [](std::string& b) { b.resize(sizeof(KnownCleanHeader)); }},
        Damage{"HalfAHeader", [](std::string& b) { b.resize(sizeof(KnownCleanHeader) / 2); }},
        Damage{"CutShort", [](std::string& b) { b.pop_back(); }},
        Damage{"TooLong", [](std::string& b) { b.push_back('\0'); }},
        Damage{"Magic", [](std::string& b) { b[0] = 'X'; }},
        Damage{"Version",
               [](std::string& b) { overwrite(b, offsetof(KnownCleanHeader, version), std::uint32_t{1}); }},
        Damage{"ForeignProfile", [](std::string& b) { b[offsetof(KnownCleanHeader, profile)] = 'x'; }},
        Damage{"FewerLayers",
               [](std::string& b) { overwrite(b, offsetof(KnownCleanHeader, layers), std::uint32_t{0}); }},
        Damage{"MoreEntries",
               [](std::string& b) { overwrite(b, offsetof(KnownCleanHeader, entries), std::uint64_t{101}); }},
        Damage{"EntriesThatOverflow",
               [](std::string& b) {
                 // 36 times this is 36 times a hundred again, modulo 2^64.
                 overwrite(b, offsetof(KnownCleanHeader, entries), (std::uint64_t{1} << 62) + 100);
               }}),
    [](const auto& row) { return row.param.name; });

TEST(KnownCleanTable, NeedsARegularFileAndAProfile) {
  const TempDir dir;
  EXPECT_FALSE(map("/dev/null"));
  EXPECT_FALSE(map(dir.path()));
  written(dir, "t", plan_of({contribution("a", keys_of(0, 1))}));
  EXPECT_TRUE(map(dir / "t"));
  EXPECT_FALSE(map(dir / "t", "another profile"));
  EXPECT_FALSE(map(dir / "t", ""));
}

TEST(KnownCleanTable, OwnersOutOfRangeAreNobody) {
  const TempDir dir;
  written(dir, "t", plan_of({contribution("a", keys_of(0, 3))}));
  std::string bytes = test::slurp(dir / "t");
  for (std::size_t at = bytes.size() - 3 * sizeof(std::uint32_t); at < bytes.size(); ++at) bytes[at] = '\xff';
  test::write_file(dir / "t", bytes);
  const auto table = map(dir / "t");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->contributor(key_of(1)), "");
  const auto next = written(dir, "next", plan_of({contribution("b", keys_of(7, 8))}, &*table));
  EXPECT_EQ(next.keys().size(), 1u) << "what nobody vouches for is not carried on";
}

}  // namespace
}  // namespace portcullis::scan
