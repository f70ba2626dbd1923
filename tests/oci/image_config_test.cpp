// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "documents.hpp"
#include "portcullis/oci/manifest.hpp"

namespace portcullis::oci {
namespace {

using namespace documents;
using Texts = std::vector<std::string>;

/// As dockerd 20.10 writes one, with its v1 remains.
std::string docker_config() {
  return R"({"architecture":"arm64","variant":"v8","author":"Somebody","config":{"Hostname":"","Domainname":"",
    "User":"nobody","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"ExposedPorts":{"80/tcp":{},"53/udp":{}},
    "Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":["PATH=/usr/bin","A=b"],"Cmd":["sh","-c","true"],
    "Healthcheck":{"Test":["NONE"]},"ArgsEscaped":true,"Image":"sha256:00","Volumes":{"/data":{},"/Data":{}},
    "WorkingDir":"/","Entrypoint":["/entry"],"OnBuild":null,"Labels":{"user":"x","User":"y","empty":null}},
    "container":"c0ffee","container_config":{"Hostname":"c0ffee","Cmd":["/bin/sh"]},
    "created":"2024-05-01T12:00:00.123456789Z","docker_version":"20.10.24","history":[
    {"created":"2024-05-01T11:00:00Z","created_by":"/bin/sh -c #(nop) ADD file:x in / "},
    {"created":"2024-05-01T12:00:00Z","created_by":"CMD [\"sh\"]","comment":"buildkit","empty_layer":true}],
    "os":"linux","rootfs":{"type":"layers","diff_ids":[")" +
         digest_text('a') + R"("]}})";
}

TEST(ImageConfig, Docker) {
  const auto config = parse_image_config(docker_config());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->platform.text(), "linux/arm64/v8");
  EXPECT_EQ(config->created, "2024-05-01T12:00:00.123456789Z");
  EXPECT_EQ(config->author, "Somebody");
  EXPECT_EQ(config->user, "nobody");
  EXPECT_EQ(config->entrypoint, Texts{"/entry"});
  EXPECT_EQ(config->cmd, (Texts{"sh", "-c", "true"}));
  EXPECT_EQ(config->env, (Texts{"PATH=/usr/bin", "A=b"}));
  EXPECT_EQ(config->exposed_ports, (Texts{"80/tcp", "53/udp"}));
  EXPECT_EQ(config->labels.size(), 3u);
  EXPECT_EQ(config->labels.at("User"), "y");
  EXPECT_EQ(config->labels.at("empty"), "");
  ASSERT_EQ(config->history.size(), 2u);
  EXPECT_FALSE(config->history[0].empty_layer);
  EXPECT_TRUE(config->history[1].empty_layer);
  EXPECT_EQ(config->history[1].comment, "buildkit");
  ASSERT_EQ(config->diff_ids.size(), 1u);
  EXPECT_EQ(config->diff_ids[0].text(), digest_text('a'));
}

TEST(ImageConfig, AcceptedShapes) {
  struct Row {
    const char* name;
    const char* json;
  };
  const Row rows[] = {
      {"signature",
       R"({"architecture":"","created":"0001-01-01T00:00:00Z","history":[{"created":"0001-01-01T00:00:00Z"}],)"
       R"("os":"","rootfs":{"type":"layers","diff_ids":[]},"config":{}})"},
      {"attestation",
       R"({"architecture":"unknown","os":"unknown","config":{},"rootfs":{"type":"layers","diff_ids":null}})"},
      {"nulls",
       R"({"config":{"Env":null,"Cmd":null,"Labels":null,"ExposedPorts":null,"User":null},"history":null})"},
      {"config null", R"({"config":null,"os":"linux","architecture":"amd64"})"},
      {"minimal", "{}"},
      {"buildkit extras", R"({"moby.buildkit.cache.v0":"e30=","moby.buildkit.buildinfo.v1":"e30="})"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto parsed = parse_image_config(row.json);
    EXPECT_TRUE(parsed) << parsed.error().message;
  }
}

TEST(ImageConfig, ACommandMayBeOneString) {
  const auto config = parse_image_config(R"({"config":{"Cmd":"/run me","Entrypoint":"/e"}})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->cmd, Texts{"/run me"});
  EXPECT_EQ(config->entrypoint, Texts{"/e"});
}

TEST(ImageConfig, RefusedShapes) {
  struct Row {
    const char* name;
    const char* json;
    const char* says;
  };
  const Row rows[] = {
      {"folded env", R"({"config":{"Env":[],"env":["LD_PRELOAD=/x"]}})",
       "config.env: this key differs from 'Env'"},
      {"upper cmd", R"({"config":{"CMD":["/evil"]}})", "differs from 'Cmd'"},
      {"kelvin",
       "{\"config\":{\"Networ\xe2\x84\xaa"
       "Disabled\":true}}",
       "differs from 'NetworkDisabled'"},
      {"long s", R"({"rootf\u017f":{}})", "differs from 'rootfs'"},
      {"folded config", R"({"config":{},"Config":{"Cmd":["/evil"]}})", "differs from 'config'"},
      {"folded os", R"({"OS":"linux"})", "differs from 'os'"},
      {"folded diff_ids", R"({"rootfs":{"diff_ids":[],"DIFF_IDS":[]}})", "rootfs.DIFF_IDS"},
      {"folded empty_layer", R"({"history":[{},{"Empty_Layer":true}]})", "history[1].Empty_Layer"},
      {"label twice", R"({"config":{"Labels":{"a":"1","a":"2"}}})", "'a' occurs twice"},
      {"port twice", R"({"config":{"ExposedPorts":{"1/tcp":{},"1/tcp":{}}}})", "'1/tcp' occurs twice"},
      {"env object", R"({"config":{"Env":{}}})", "config.Env: must be a list"},
      {"env number", R"({"config":{"Env":["a",1]}})", "config.Env[1]"},
      {"cmd number", R"({"config":{"Cmd":1}})", "config.Cmd"},
      {"label number", R"({"config":{"Labels":{"a":1}}})", "the value of 'a'"},
      {"user number", R"({"config":{"User":0}})", "config.User"},
      {"diff id", R"({"rootfs":{"diff_ids":["sha256:1"]}})", "rootfs.diff_ids[0]"},
      {"empty_layer text", R"({"history":[{"empty_layer":"true"}]})", "history[0].empty_layer"},
      {"history object", R"({"history":{}})", "history: must be a list"},
      {"os number", R"({"os":1})", "os: must be a string"},
      {"not json", "PK\x03\x04", "not a JSON object"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto parsed = parse_image_config(row.json);
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().message.find(row.says), std::string::npos) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.rfind("image config refused: ", 0), 0u);
  }
}

}  // namespace
}  // namespace portcullis::oci
