// SPDX-License-Identifier: Apache-2.0
//
// Whatever is done to the case of a key, a document is refused or means what it meant before.
#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "documents.hpp"
#include "object_reader.hpp"
#include "portcullis/oci/manifest.hpp"

namespace portcullis::oci {
namespace {

using namespace documents;

TEST(FoldsTo, Table) {
  struct Row {
    const char* key;
    const char* known;
    bool folds;
  };
  const Row rows[] = {
      {"layers", "layers", true},
      {"LAYERS", "layers", true},
      {"layer\xc5\xbf", "layers", true},
      {"\xc5\xbfi\x7a"
       "e",
       "Size", true},
      {"Volume\xc5\xbf", "Volumes", true},
      {"Networ\xe2\x84\xaa", "Network", true},
      {"Networ\xe2\x84\xaa", "networK", true},
      {"layer", "layers", false},
      {"layerss", "layers", false},
      {"laye\xc5\xbfs", "layers", false},
      {"", "layers", false},
      {"l\xc3\xa4yers", "layers", false},
      {"layer\xc5", "layers", false},
      {"media_type", "mediaType", false},
      {"os.Version", "os.version", true},
      {"os_version", "os.version", false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.key);
    EXPECT_EQ(folds_to(row.key, row.known), row.folds);
  }
}

struct KeyPlace {
  std::size_t at;  // of the first character of the key
  std::string key;
};

std::vector<KeyPlace> keys_of(const std::string& json) {
  static const std::regex key_pattern("\"([A-Za-z.]+)\"\\s*:");
  std::vector<KeyPlace> places;
  for (std::sregex_iterator it(json.begin(), json.end(), key_pattern), end; it != end; ++it) {
    places.push_back({static_cast<std::size_t>(it->position(1)), it->str(1)});
  }
  return places;
}

/// The key in another case, never as it was.
std::string recased(const std::string& key, std::mt19937& random) {
  std::string changed;
  while (changed.empty() || changed == key) {
    changed.clear();
    for (const char c : key) {
      const auto dice = random() % 4;
      if (dice == 0 && (c == 's' || c == 'S')) {
        changed += "\xc5\xbf";
      } else if (dice == 0 && (c == 'k' || c == 'K')) {
        changed += "\xe2\x84\xaa";
      } else if (dice < 2 && std::isalpha(static_cast<unsigned char>(c))) {
        changed += static_cast<char>(c ^ 0x20);
      } else {
        changed += c;
      }
    }
  }
  return changed;
}

TEST(KeyCase, AKnownKeyInAnotherCaseIsAlwaysRefused) {
  std::mt19937 random(20240101);  // NOLINT: a fixed seed, so that a failure comes back
  for (const std::string& original : {docker_manifest(), docker_list()}) {
    const auto places = keys_of(original);
    ASSERT_GT(places.size(), 8u);
    for (int round = 0; round < 2000; ++round) {
      const KeyPlace& place = places[random() % places.size()];
      std::string json = original;
      json.replace(place.at, place.key.size(), recased(place.key, random));
      ASSERT_FALSE(parse_document(json, "")) << json;
    }
  }
}

TEST(KeyCase, ATwinInAnotherCaseIsAlwaysRefused) {
  std::mt19937 random(20240102);  // NOLINT
  const std::string original = docker_manifest();
  const auto places = keys_of(original);
  for (int round = 0; round < 2000; ++round) {
    const KeyPlace& place = places[random() % places.size()];
    const std::string twin = "\"" + recased(place.key, random) + "\":" + (round % 2 ? "null" : "[]") + ",";
    std::string json = original;
    json.insert(place.at - 1, twin);
    ASSERT_FALSE(parse_document(json, "")) << json;
  }
}

}  // namespace
}  // namespace portcullis::oci
