// SPDX-License-Identifier: Apache-2.0
//
// From the hash of a file to the images that hold it and the clients that pulled them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "portcullis/util/hash.hpp"
#include "support/require.hpp"
#include "support/tar_builder.hpp"
#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

using ::testing::HasSubstr;

nlohmann::json search(const PortcullisServer& server, std::vector<std::string> terms) {
  std::vector<std::string> arguments = {"search", "--data", server.data().string(), "--format", "json"};
  arguments.insert(arguments.end(), terms.begin(), terms.end());
  const auto result = portcullis(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return nlohmann::json::parse(result.out, nullptr, false);
}

TEST(Search, AScriptInAPulledImageIsFoundByItsHashWithTheClientThatPulledIt) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  World world;
  const std::string script = "#!/bin/sh\necho later this turns out to be bad\n";
  const std::string hash = util::sha256_hex(script);
  const auto holder = ImageBuilder()
                          .layer(base_files())
                          .layer({{"./opt/run", script, 0755},
                                  {"opt/tools.tar", make_tar({{"bin/go.sh", script}, {"readme", "text"}})}})
                          .build();
  // The same archive in another layer.
  const auto second = ImageBuilder()
                          .layer({{"srv/tools.tar", make_tar({{"bin/go.sh", script}, {"readme", "text"}})}})
                          .build();
  const auto other = ImageBuilder().layer({{"opt/run", "#!/bin/sh\necho harmless\n"}}).build();
  push(world.registry.port(), "team/holder", "1", holder);
  push(world.registry.port(), "team/second", "1", second);
  push(world.registry.port(), "team/other", "1", other);
  for (const auto& [name, image] :
       {std::pair{"team/holder", &holder}, {"team/second", &second}, {"team/other", &other}}) {
    EXPECT_TRUE(pulls(world.server.port(), name, "1", *image));
  }
  ASSERT_TRUE(wait_until([&] {
    return search(world.server, {"--hash", hash})["pullers"].size() == 4;
  })) << "for each image who asked for its manifest, and who, without a name, for its blobs";

  const auto found = search(world.server, {"--hash", hash});
  EXPECT_EQ(found["schema"], "portcullis.search/1");
  EXPECT_EQ(found["truncated"], false);
  std::vector<std::string> images;
  for (const auto& image : found["images"]) images.push_back(image["image"]);
  EXPECT_THAT(images, ::testing::UnorderedElementsAre("docker.io/team/holder", "docker.io/team/second"));
  std::vector<std::string> places;
  for (const auto& file : found["files"]) {
    EXPECT_EQ(file["sha256"], hash);
    EXPECT_EQ(file["type"], "script");
    EXPECT_EQ(file["size"], script.size());
    places.push_back(file["layer"].get<std::string>() + ' ' + file["path"].get<std::string>());
  }
  EXPECT_THAT(places, ::testing::UnorderedElementsAre(
                          holder.layers[1].digest().text() + " ./opt/run",
                          holder.layers[1].digest().text() + " opt/tools.tar!/bin/go.sh",
                          second.layers[0].digest().text() + " srv/tools.tar!/bin/go.sh"));
  for (const auto& puller : found["pullers"]) {
    EXPECT_EQ(puller["address"], "127.0.0.1");
    EXPECT_TRUE(puller["agent"] == "curl/7.88.1" || puller["agent"] == "") << puller;
    EXPECT_EQ(puller["last_action"], "allow");
  }

  struct Row {
    const char* name;
    std::vector<std::string> terms;
    std::vector<std::string> images;
  };
  const std::string digest = holder.digest().text();
  const Row rows[] = {
      {"name", {"--path", "run"}, {"holder", "other"}},
      {"path", {"--path", "/opt/run"}, {"holder", "other"}},
      {"path and image", {"--path", "opt/run", "--image", "docker.io/*/other"}, {"other"}},
      {"image", {"--image", "team/sec"}, {"second"}},
      {"digest", {"--digest", digest}, {"holder"}},
      {"bare digest", {"--digest", digest.substr(7)}, {"holder"}},
      {"layer", {"--layer", second.layers[0].digest().text()}, {"second"}},
      {"client", {"--client", "127.0.0.1", "--digest", digest}, {"holder"}},
      {"another client", {"--client", "10.0.0.1"}, {}},
      {"rule", {"--rule", "no_such_rule"}, {}},
      {"hash of nothing", {"--hash", "sha256:" + std::string(64, 'A')}, {}},
      {"hash and image", {"--hash", hash, "--image", "holder"}, {"holder"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    std::vector<std::string> names;
    const auto answer = search(world.server, row.terms);
    for (const auto& image : answer["images"]) {
      names.push_back(image["image"].get<std::string>().substr(std::string("docker.io/team/").size()));
    }
    EXPECT_THAT(names, ::testing::UnorderedElementsAreArray(row.images));
  }
  EXPECT_EQ(search(world.server, {"--hash", hash, "--image", "holder"})["pullers"].size(), 2u);

  const auto text = portcullis({"search", "--data", world.server.data().string(), "--hash", hash});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("docker.io/team/holder:1  allow\n    " + digest));
  EXPECT_THAT(text.out, HasSubstr("127.0.0.1  curl/7.88.1\n    docker.io/team/holder@" + digest));
  EXPECT_THAT(text.out, HasSubstr("2 images, 3 files, 1 client\n"));
}

TEST(Search, WhatWasFoundCarriesAllThatTheRuleAndTheFileSay) {
  TempDir dir;
  const auto rules = dir.write("own.yar", R"(rule all_of_it {
  meta: severity = "high" technique = "T1496" description = "a description" author = "an author"
    license = "Apache-2.0" reference = "https://example.com/x"
  strings: $mark = { 01 02 4d 41 52 4b }
  condition: $mark
})");
  const std::string content = "#!/bin/sh\n" + std::string("\1\2MARK\n") + "behind\n";
  const auto layer = dir.write("layer.tar", make_tar({{"opt/x", content}}));
  const auto result = portcullis({"scan", "--no-builtin-rules", "--rules", rules.string(), "--format", "json",
                                  "layer:" + layer.string()});
  const auto report = nlohmann::json::parse(result.out, nullptr, false);
  ASSERT_TRUE(report.is_object()) << result.out << result.err;
  const nlohmann::json expected = {{"source", "yara"},
                                   {"rule", "all_of_it"},
                                   {"rule_file", "own.yar"},
                                   {"severity", "high"},
                                   {"description", "a description"},
                                   {"author", "an author"},
                                   {"license", "Apache-2.0"},
                                   {"reference", "https://example.com/x"},
                                   {"techniques", {"T1496"}},
                                   {"path", "opt/x"},
                                   {"sha256", util::sha256_hex(content)},
                                   {"strings",
                                    {{{"identifier", "$mark"},
                                      {"offset", 10},
                                      {"data", "\\x01\\x02MARK"},
                                      {"before", "#!/bin/sh\\x0a"},
                                      {"after", "\\x0abehind\\x0a"}}}}};
  EXPECT_EQ(report["blobs"].at(0)["findings"].at(0), expected) << result.out;
}

}  // namespace
}  // namespace portcullis::test
