// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "documents.hpp"
#include "portcullis/oci/manifest.hpp"

namespace portcullis::oci {
namespace {

using namespace documents;

constexpr const char* kUnspecific = "application/json";

Manifest manifest_of(const std::string& json, std::string_view declared) {
  auto document = parse_document(json, declared);
  EXPECT_TRUE(document) << document.error().message;
  return std::get<Manifest>(std::move(*document));
}

Index index_of(const std::string& json, std::string_view declared) {
  auto document = parse_document(json, declared);
  EXPECT_TRUE(document) << document.error().message;
  return std::get<Index>(std::move(*document));
}

TEST(Document, DockerManifest) {
  const Manifest manifest = manifest_of(docker_manifest(), kDockerManifest);
  EXPECT_EQ(manifest.media_type, kDockerManifest);
  EXPECT_TRUE(manifest.is_image());
  EXPECT_EQ(manifest.config.media_type, kDockerConfig);
  EXPECT_EQ(manifest.config.digest.text(), digest_text('a'));
  ASSERT_EQ(manifest.layers.size(), 2u);
  EXPECT_EQ(manifest.layers[1].digest.text(), digest_text('c'));
  EXPECT_EQ(manifest.layers[1].size, 1234u);
  EXPECT_FALSE(manifest.layers[1].data);
}

TEST(Document, OciManifestWithoutMediaType) {
  for (const std::string_view declared :
       {kOciManifest, std::string_view(""), std::string_view("text/plain")}) {
    const Manifest manifest = manifest_of(oci_manifest(), declared);
    EXPECT_EQ(manifest.media_type, kOciManifest);
    EXPECT_EQ(manifest.annotations.at("Layers"), "free map");
    EXPECT_EQ(manifest.annotations.at("layers"), "too");
  }
}

TEST(Document, Indexes) {
  const Index index = index_of(buildkit_index(), kOciIndex);
  ASSERT_EQ(index.manifests.size(), 3u);
  EXPECT_EQ(index.manifests[1].platform->text(), "linux/arm64/v8");
  EXPECT_EQ(index.manifests[2].platform->text(), "unknown/unknown");
  EXPECT_EQ(index.manifests[2].annotations.at("vnd.docker.reference.type"), "attestation-manifest");

  const Index list = index_of(docker_list(), kDockerList);
  EXPECT_EQ(list.media_type, kDockerList);
  EXPECT_EQ(list.manifests.at(0).platform->os, "windows");
}

TEST(Document, ArtifactWithSubject) {
  const std::string json =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
      R"("artifactType":"application/vnd.example","config":{"mediaType":"application/vnd.oci.empty.v1+json",)"
      R"("digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"data":"e30="},)"
      R"("layers":null,"annotations":null,"subject":)" +
      descriptor(std::string(kOciManifest), 'd') + "}";
  const Manifest manifest = manifest_of(json, kOciManifest);
  EXPECT_EQ(manifest.artifact_type, "application/vnd.example");
  EXPECT_EQ(manifest.config.data, "{}");
  EXPECT_FALSE(manifest.is_image());
  EXPECT_TRUE(manifest.layers.empty());
  EXPECT_EQ(manifest.subject->digest.text(), digest_text('d'));
}

TEST(Document, UnknownKeysAreIgnored) {
  const Manifest manifest = manifest_of(
      replaced(docker_manifest(), "{", R"({"x":{"Layers":[],"layers":1},"Layer":[],)"), kDockerManifest);
  EXPECT_EQ(manifest.layers.size(), 2u);
}

TEST(Document, DockerTakesThreeWrongConfigTypesForImages) {
  for (const char* type : {"application/octet-stream", "application/json", "text/html"}) {
    EXPECT_TRUE(manifest_of(replaced(docker_manifest(), std::string(kDockerConfig), type), kDockerManifest)
                    .is_image());
  }
  EXPECT_FALSE(manifest_of(replaced(docker_manifest(), std::string(kDockerConfig), "application/vnd.x"),
                           kDockerManifest)
                   .is_image());
}

TEST(Document, MediaTypesMustAgree) {
  struct Row {
    const char* name;
    std::string json;
    std::string declared;
    bool accepted;
  };
  const std::string declared_manifest(kOciManifest);
  const std::string own_index =
      replaced(oci_manifest(), "{", R"({"mediaType":"application/vnd.oci.image.index.v1+json",)");
  const Row rows[] = {
      {"docker as docker", docker_manifest(), std::string(kDockerManifest), true},
      {"with parameters", docker_manifest(), std::string(kDockerManifest) + "; charset=utf-8", true},
      {"in other case", docker_manifest(), "Application/vnd.docker.distribution.manifest.v2+json", true},
      {"docker undeclared", docker_manifest(), "", true},
      {"docker as json", docker_manifest(), kUnspecific, true},
      {"docker as oci", docker_manifest(), std::string(kOciManifest), false},
      {"docker as index", docker_manifest(), std::string(kOciIndex), false},
      {"docker as list", docker_manifest(), std::string(kDockerList), false},
      {"docker as schema 1", docker_manifest(), "application/vnd.docker.distribution.manifest.v1+prettyjws",
       false},
      {"docker as a config", docker_manifest(), std::string(kDockerConfig), false},
      {"untyped oci as docker", oci_manifest(), std::string(kDockerManifest), false},
      {"untyped oci as index", oci_manifest(), std::string(kOciIndex), false},
      {"manifest that says index", own_index, std::string(kOciIndex), false},
      {"manifest that says index, undeclared", own_index, "", false},
      {"index as manifest", buildkit_index(), std::string(kOciManifest), false},
      {"list as oci index", docker_list(), std::string(kOciIndex), false},
      {"own type in other case", replaced(docker_manifest(), "application/vnd.d", "application/Vnd.d"), "",
       false},
      {"own type with parameter", replaced(docker_manifest(), "manifest.v2+json", "manifest.v2+json;a=b"), "",
       false},
      {"own type unknown", replaced(docker_manifest(), "manifest.v2+json", "manifest.v3+json"), "", false},
      {"own type not a string", replaced(oci_manifest(), "{", R"({"mediaType":7,)"), declared_manifest,
       false},
      {"own type null", replaced(oci_manifest(), "{", R"({"mediaType":null,)"), declared_manifest, true},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto parsed = parse_document(row.json, row.declared);
    EXPECT_EQ(parsed.has_value(), row.accepted) << (parsed ? "" : parsed.error().message);
  }
}

struct Refusal {
  const char* name;
  std::string json;
  const char* says;  // part of the message
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

std::string row_name(const testing::TestParamInfo<Refusal>& row) { return row.param.name; }

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, WithItsReason) {
  // Unspecific and exact declarations must both refuse.
  for (const std::string_view declared : {std::string_view(kUnspecific), kDockerManifest}) {
    const auto parsed = parse_document(GetParam().json, declared);
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().message.find(GetParam().says), std::string::npos) << parsed.error().message;
    EXPECT_LT(parsed.error().message.size(), 1000u);
  }
}

std::string with(const std::string& from, const std::string& to) {
  return replaced(docker_manifest(), from, to);
}
std::string with_first(const std::string& member) { return with("{", "{" + member + ","); }
std::string with_last(const std::string& member) {
  std::string json = docker_manifest();
  return json.replace(json.rfind('}'), 1, "," + member + "}");
}
std::string evil_layers(const std::string& key) {
  return "\"" + key + "\":[" + descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", 'e') + "]";
}

INSTANTIATE_TEST_SUITE_P(
    Confusion, Refused,
    testing::Values(
        Refusal{"layers_twice", with_last(evil_layers("layers")), "'layers' occurs twice"},
        Refusal{"layers_twice_escaped", with_last(evil_layers("\\u006cayers")), "'layers' occurs twice"},
        Refusal{"Layers_after", with_last(evil_layers("Layers")), "differs from 'layers'"},
        Refusal{"Layers_before", with_first(evil_layers("Layers")), "differs from 'layers'"},
        Refusal{"LAYERS_alone", with("\"layers\"", "\"LAYERS\""), "differs from 'layers'"},
        Refusal{"long_s", with_last(evil_layers("layer\xc5\xbf")), "differs from 'layers'"},
        Refusal{"long_s_escaped", with_last(evil_layers("layer\\u017f")), "differs from 'layers'"},
        Refusal{"folded_null", with_last("\"Layers\":null"), "differs from 'layers'"},
        Refusal{"folded_config", with_last("\"cOnfig\":{}"), "differs from 'config'"},
        Refusal{"folded_mediaType", with_last("\"mediatype\":\"x\""), "differs from 'mediaType'"},
        Refusal{"folded_manifests", with_last("\"Manifests\":[]"), "differs from 'manifests'"},
        Refusal{"folded_fsLayers", with_last("\"fslayers\":[]"), "differs from 'fsLayers'"},
        Refusal{"folded_urls", with("\"size\"", "\"URLs\":[\"http://x\"],\"size\""), "config.URLs"},
        Refusal{"folded_digest", with("\"size\"", "\"Digest\":\"x\",\"size\""), "differs from 'digest'"},
        Refusal{"twice_in_descriptor", with("\"size\"", "\"size\":1,\"size\""), "'size' occurs twice"},
        Refusal{"twice_in_annotations", with_last(R"("annotations":{"a":"1","a":"2"})"), "'a' occurs twice"},
        Refusal{"twice_in_unknown", with_last(R"("x":[{"a":{"b":1,"b":1}}])"), "'b' occurs twice"},
        Refusal{"cve_2021_41190", with_last("\"manifests\":[]"), "CVE-2021-41190"},
        Refusal{"cve_2021_41190_config", R"({"schemaVersion":2,"manifests":[],"config":{}})",
                "CVE-2021-41190"},
        Refusal{"schema_1", R"({"schemaVersion":1,"name":"a","tag":"b","fsLayers":[],"history":[]})",
                "schema 1"},
        Refusal{"schema_1_beside", with_last("\"fsLayers\":[{}]"), "schema 1"},
        Refusal{"schema_1_signed", with_last("\"signatures\":[]"), "schema 1"},
        Refusal{"version_1", with("\"schemaVersion\": 2", "\"schemaVersion\": 1"),
                "schemaVersion: must be 2, saw 1"},
        Refusal{"version_3", with("\"schemaVersion\": 2", "\"schemaVersion\": 3"), "schemaVersion"},
        Refusal{"version_text", with("\"schemaVersion\": 2", "\"schemaVersion\": \"2\""), "schemaVersion"},
        Refusal{"version_float", with("\"schemaVersion\": 2", "\"schemaVersion\": 2.0"), "schemaVersion"},
        Refusal{"version_missing", with("\"schemaVersion\": 2,", ""), "schemaVersion: is missing"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Fields, Refused,
    testing::Values(
        Refusal{"neither", R"({"schemaVersion":2})", "neither"},
        Refusal{"config_missing", with("\"config\": ", "\"x\": "), "config: is missing"},
        Refusal{"config_null", with("\"config\": ", "\"config\": null, \"x\": "), "config: is missing"},
        Refusal{"config_list", with("\"config\": ", "\"config\": [], \"x\": "),
                "config: must be an object, saw a list"},
        Refusal{"layers_object", replaced(docker_manifest(), "\"layers\": [", "\"layers\": {}, \"x\": ["),
                "layers: must be a list"},
        Refusal{"layer_null", with("\"layers\": [", "\"layers\": [null,"), "layers[0]: must be an object"},
        Refusal{"layer_list", with("\"layers\": [", "\"layers\": [[],"), "layers[0]: must be an object"},
        Refusal{"size_negative", with("1234", "-1"), "config.size"},
        Refusal{"size_minus_zero", with("1234", "-0"), "config.size"},
        Refusal{"size_float", with("1234", "1234.0"), "config.size"},
        Refusal{"size_exponent", with("1234", "1e3"), "config.size"},
        Refusal{"size_text", with("1234", "\"1234\""), "config.size"},
        Refusal{"size_null", with("1234", "null"), "config.size: is missing"},
        Refusal{"size_past_int64", with("1234", "9223372036854775808"), "config.size"},
        Refusal{"size_past_uint64", with("1234", "18446744073709551616"), "config.size"},
        Refusal{"size_missing", with("\"size\":1234,", ""), "config.size: is missing"},
        Refusal{"digest_short", with("sha256:a", "sha256:"), "config.digest"},
        Refusal{"digest_upper", with("sha256:a", "sha256:A"), "config.digest"},
        Refusal{"digest_md5", with("sha256:", "md5:"), "config.digest"},
        Refusal{"digest_number", with("\"digest\":", "\"digest\":5,\"x\":"), "config.digest"},
        Refusal{"media_type_empty", with(std::string(kDockerConfig), ""), "config.mediaType"},
        Refusal{"urls_text", with("\"size\"", "\"urls\":\"http://x\",\"size\""), "config.urls"},
        Refusal{"urls_null_inside", with("\"size\"", "\"urls\":[null],\"size\""), "config.urls[0]"},
        Refusal{"annotation_number", with_last(R"("annotations":{"a":1})"), "the value of 'a'"},
        Refusal{"annotations_list", with_last(R"("annotations":[])"), "annotations: must be an object"},
        Refusal{"subject_text", with_last(R"("subject":"x")"), "subject: must be an object"},
        Refusal{"subject_empty", with_last(R"("subject":{})"), "subject.mediaType"},
        Refusal{"platform_text", with("\"size\"", "\"platform\":\"x\",\"size\""), "config.platform"},
        Refusal{"platform_folded", with("\"size\"", R"("platform":{"OS":"linux"},"size")"),
                "differs from 'os'"},
        Refusal{"platform_kelvin_free", with("\"size\"", R"("platform":{"o\u017f":"linux"},"size")"),
                "differs from 'os'"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Syntax, Refused,
    testing::Values(Refusal{"empty", "", "not a JSON object"}, Refusal{"blank", " \n ", "not a JSON object"},
                    Refusal{"html", "<html>502 Bad Gateway</html>", "<html>"},
                    Refusal{"list", std::string("[").append(docker_manifest()).append("]"),
                            "not a JSON object"},
                    Refusal{"text", "\"x\"", "not a JSON object"},
                    Refusal{"cut", docker_manifest().substr(0, 200), "not valid JSON"},
                    Refusal{"trailing", docker_manifest() + "x", "not valid JSON"},
                    Refusal{"two_documents", docker_manifest() + docker_manifest(), "not valid JSON"},
                    Refusal{"nul_and_more", docker_manifest() + std::string("\0{}", 3), "NUL"},
                    Refusal{"byte_order_mark", std::string("\xef\xbb\xbf").append(docker_manifest()),
                            "not a JSON object"},
                    Refusal{"comment", with("{", "{/* x */"), "not valid JSON"},
                    Refusal{"trailing_comma", with("2,", "2,,"), "not valid JSON"},
                    Refusal{"single_quotes", "{'schemaVersion':2}", "not valid JSON"},
                    Refusal{"nan", with("1234", "NaN"), "not valid JSON"},
                    Refusal{"bad_utf8_value", with_last("\"x\":\"\xff\""), "not valid JSON"},
                    Refusal{"bad_utf8_key", with_last("\"\xc0\xac\":1"), "not valid JSON"},
                    Refusal{"utf8_surrogate", with_last("\"x\":\"\xed\xa0\x80\""), "not valid JSON"},
                    Refusal{"lone_surrogate", with_last("\"x\":\"\\ud800\""), "not valid JSON"},
                    Refusal{"raw_newline_in_text", with_last("\"x\":\"\n\""), "not valid JSON"},
                    Refusal{"huge_number", with_last("\"x\":1e999"), "not valid JSON"}),
    row_name);

}  // namespace
}  // namespace portcullis::oci
