// SPDX-License-Identifier: Apache-2.0
//
// Documents that mean two things: whenever a manifest, index or config is accepted, a reader that
// folds the case of keys and lets the last one win, as Go's does, finds the same digests in it.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <random>

#include "corpus/judge.hpp"
#include "portcullis/oci/manifest.hpp"
#include "support/paths.hpp"
#include "support/require.hpp"

namespace portcullis::corpus {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string object(const Members& members) {
  std::string text = "{";
  for (const auto& [key, value] : members) text += (text.size() > 1 ? "," : "") + quoted(key) + ":" + value;
  return text + "}";
}

std::string array(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? "," : "") + item;
  return text + "]";
}

/// Writes documents in which now and then a key comes twice, in another spelling, or in a place where
/// it does not belong.
class Writer {
 public:
  explicit Writer(std::uint64_t seed) : random_(seed) {}

  std::string manifest() {
    begin();
    const std::string layer = quoted("application/vnd.oci.image.layer.v1.tar+gzip");
    std::vector<std::string> layers;
    for (std::size_t i = 0; i <= below(3); ++i) layers.push_back(descriptor(layer));
    return root({{"schemaVersion", "2"},
                 {"mediaType", quoted("application/vnd.oci.image.manifest.v1+json")},
                 {"config", descriptor(quoted("application/vnd.oci.image.config.v1+json"))},
                 {"layers", array(layers)},
                 {"annotations", free_map()}});
  }

  std::string index() {
    begin();
    const std::string type = quoted("application/vnd.oci.image.manifest.v1+json");
    std::vector<std::string> manifests;
    for (std::size_t i = 0; i <= below(3); ++i) {
      Members platform{{"os", quoted("linux")}, {"architecture", quoted("amd64")}};
      manifests.push_back(descriptor(type, {{"platform", object(change(platform))}}));
    }
    return root({{"schemaVersion", "2"},
                 {"mediaType", quoted("application/vnd.oci.image.index.v1+json")},
                 {"manifests", array(manifests)},
                 {"annotations", free_map()}});
  }

  std::string config() {
    begin();
    const Members inner = change({{"Cmd", array({quoted("/bin/sh")})}, {"Labels", free_map()}});
    const Members rootfs =
        change({{"type", quoted("layers")}, {"diff_ids", array({quoted(digest()), quoted(digest())})}});
    return root({{"architecture", quoted("amd64")},
                 {"os", quoted("linux")},
                 {"config", object(inner)},
                 {"rootfs", object(rootfs)},
                 {"history", array({object(change({{"created_by", quoted("RUN x")}}))})}});
  }

 private:
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  bool one_in(std::size_t count) { return below(count) == 0; }

  /// A document gets few changes, so that many are accepted.
  void begin() { changes_left_ = below(4); }

  std::string digest() {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text = "sha256:";
    for (int i = 0; i < 64; ++i) text += kDigits[below(16)];
    return text;
  }

  std::string descriptor(const std::string& type, Members more = {}) {
    Members members{
        {"mediaType", type}, {"digest", quoted(digest())}, {"size", std::to_string(below(100'000))}};
    members.insert(members.end(), more.begin(), more.end());
    if (one_in(4)) members.emplace_back("annotations", free_map());
    return object(change(members));
  }

  /// Anything goes in a free map, the names of the schema too.
  std::string free_map() {
    Members members{{"org.example.a", quoted("b")}};
    if (one_in(3)) members.emplace_back("Layers", quoted("x"));
    if (one_in(3)) members.emplace_back("digest", quoted(digest()));
    return object(members);
  }

  std::string root(const Members& members) {
    std::string text = object(change(members));
    if (one_in(10)) text.insert(1, "\n\t ");
    if (changes_left_ > 0 && one_in(20)) text += one_in(2) ? "{}" : " \n";
    return text;
  }

  Members change(Members members) {
    while (changes_left_ > 0 && one_in(2)) {
      --changes_left_;
      const std::size_t at = below(members.size());
      const auto place = members.begin() + static_cast<std::ptrdiff_t>(below(members.size() + 1));
      const auto [key, value] = members[at];
      switch (below(7)) {
        case 0:  // the same name in another spelling, for one reader only
          members.insert(place, {respelled(key), other(value)});
          break;
        case 1:
          members.insert(place, {key, other(value)});
          break;
        case 2:
          members[at].first = respelled(key);
          break;
        case 3:  // the same name after unescaping
          members[at].first = escaped(key);
          break;
        case 4:
          members.insert(place, {escaped(key), other(value)});
          break;
        case 5:  // a name of another level
          members.insert(place, {foreign_key(), one_in(2) ? other(value) : quoted(digest())});
          break;
        default:
          members[at].second = other(value);
      }
    }
    return members;
  }

  std::string foreign_key() {
    static constexpr std::array kKeys{"layers",   "config", "manifests", "digest", "LAYERS",
                                      "fsLayers", "urls",   "data",      "rootfs", "diff_ids",
                                      "subject",  "x",      "layer",     "layerss"};
    return kKeys[below(kKeys.size())];
  }

  std::string respelled(std::string key) {
    const std::size_t at = below(key.size());
    const char c = key[at];
    if (c == 's' && one_in(2)) return key.replace(at, 1, one_in(2) ? "\xc5\xbf" : "\\u017f");
    if (c == 'k' && one_in(2)) return key.replace(at, 1, one_in(2) ? "\xe2\x84\xaa" : "\\u212A");
    if (one_in(8)) return key + (one_in(2) ? " " : "\\u0000");
    for (char& letter : key)
      if (&letter == &key[at] || one_in(6))
        letter = static_cast<char>(std::isalpha(letter) != 0 ? letter ^ 32 : letter);
    return key;
  }

  std::string escaped(std::string key) {
    const std::size_t at = below(key.size());
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "\\u%04x",
                  static_cast<unsigned>(static_cast<unsigned char>(key[at])));
    return key.replace(at, 1, text.data());
  }

  std::string other(const std::string& value) {
    const std::string evil = object({{"mediaType", quoted("application/vnd.oci.image.layer.v1.tar")},
                                     {"digest", quoted(digest())},
                                     {"size", "7"}});
    switch (below(6)) {
      case 0:
        return "null";
      case 1:
        return value.starts_with('[') ? "[]" : "{}";
      case 2:
        return "1e2";
      default:
        if (value.starts_with('[')) return array({evil});
        if (value.starts_with('{')) return evil;
        return value.starts_with("\"sha256") ? quoted(digest()) : value;
    }
  }

  std::mt19937_64 random_;
  std::size_t changes_left_ = 0;
};

std::string joined(const std::vector<oci::Descriptor>& descriptors) {
  std::string text;
  for (const oci::Descriptor& descriptor : descriptors)
    text += (text.empty() ? "" : ",") + descriptor.digest.text();
  return text;
}

std::string as_read(const oci::Document& document) {
  if (const auto* index = std::get_if<oci::Index>(&document))
    return "config= layers= manifests=" + joined(index->manifests);
  const auto& manifest = std::get<oci::Manifest>(document);
  return "config=" + manifest.config.digest.text() + " layers=" + joined(manifest.layers) + " manifests=";
}

std::string as_read(const oci::ImageConfig& config) {
  std::string text;
  for (const oci::Digest& digest : config.diff_ids) text += (text.empty() ? "" : ",") + digest.text();
  return "diff_ids=" + text;
}

class JsonCorpus : public testing::Test {
 protected:
  void SetUp() override { PORTCULLIS_REQUIRE_TOOL("python3"); }

  template <class Parse>
  void run(const char* group, const std::vector<std::string>& documents, std::vector<std::string> arguments,
           const Parse& parse) {
    std::vector<std::string> argv{"python3", test::source_path("tests/corpus/readers/manifests.py")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const std::vector<std::string_view> views(documents.begin(), documents.end());
    const auto oracle = ask_reader(argv, views);
    std::size_t refused = 0;
    std::size_t misses = 0;
    for (std::size_t i = 0; i < documents.size(); ++i) {
      const auto document = parse(documents[i]);
      if (!document) {
        ++refused;
        continue;
      }
      const std::string ours = as_read(*document);
      if (oracle[i] == "refused" || oracle[i] == ours) continue;
      ++misses;
      ADD_FAILURE() << "MISS: read as " << ours << "\nbut by a Go-like reader as " << oracle[i] << "\n"
                    << documents[i];
    }
    std::printf("%-16s tried %6zu  refused %6zu  misses %zu\n", group, documents.size(), refused, misses);
    EXPECT_GT(refused, documents.size() / 5);
    EXPECT_GT(documents.size() - refused, documents.size() / 5);
  }

  static std::vector<std::string> many(std::string (Writer::*write)(), std::uint64_t salt) {
    const std::uint64_t seed = from_environment("PORTCULLIS_CORPUS_SEED", 20261123);
    const std::size_t count = from_environment("PORTCULLIS_CORPUS_DOCUMENTS", 4'000);
    Writer writer(seed + salt);
    std::vector<std::string> documents;
    for (std::size_t i = 0; i < count; ++i) documents.push_back((writer.*write)());
    return documents;
  }
};

TEST_F(JsonCorpus, Manifests) {
  run("manifests", many(&Writer::manifest, 1), {},
      [](const std::string& text) { return oci::parse_document(text, {}); });
}

TEST_F(JsonCorpus, Indexes) {
  run("indexes", many(&Writer::index, 2), {},
      [](const std::string& text) { return oci::parse_document(text, {}); });
}

TEST_F(JsonCorpus, Configs) {
  run("configs", many(&Writer::config, 3), {"configs"},
      [](const std::string& text) { return oci::parse_image_config(text); });
}

}  // namespace
}  // namespace portcullis::corpus
