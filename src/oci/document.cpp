// SPDX-License-Identifier: Apache-2.0

#include "descriptor_reader.hpp"
#include "portcullis/oci/manifest.hpp"
#include "quote.hpp"

namespace portcullis::oci {
namespace {

using util::ErrorKind;

// Manifest, index and schema 1 share one table: a key of one that is nearly there in another is
// a confusion too.
constexpr std::string_view kDocumentKeys[] = {
    "schemaVersion", "mediaType", "artifactType", "config",     "layers", "subject", "annotations",
    "manifests",     "fsLayers",  "history",      "signatures", "name",   "tag",     "architecture"};

enum class Shape { manifest, index };

MediaClass class_of(Shape shape) { return shape == Shape::index ? MediaClass::index : MediaClass::manifest; }

const char* name_of(Shape shape) { return shape == Shape::index ? "an index" : "an image manifest"; }

/// What the keys say, whatever any media type says.
std::optional<Shape> shape_of(const ObjectReader& in) {
  for (const std::string_view key : {"fsLayers", "signatures", "history"}) {
    if (in.find(key)) {
      in.refuse(
          key, ErrorKind::invalid,
          "only docker schema 1 has this key, and schema 1 cannot be judged; push the image again with a "
          "current tool");
      return std::nullopt;
    }
  }
  const bool index = in.find("manifests") != nullptr;
  const bool manifest = in.find("config") || in.find("layers");
  if (index && manifest) {
    in.refuse(
        "manifests", ErrorKind::invalid,
        "stands beside 'config' or 'layers': the document is an index to one program and an image to another "
        "(CVE-2021-41190)");
    return std::nullopt;
  }
  if (!index && !manifest) {
    in.reading().refuse(ErrorKind::invalid,
                        "neither a manifest nor an index: it has no 'config' and no 'manifests'");
    return std::nullopt;
  }
  return index ? Shape::index : Shape::manifest;
}

void check_schema_version(const ObjectReader& in) {
  constexpr std::uint64_t kSchemaVersion = 2;
  const std::uint64_t version = in.natural("schemaVersion", Need::required);
  if (version != kSchemaVersion) {
    in.refuse("schemaVersion", ErrorKind::invalid, "must be 2, saw " + std::to_string(version));
  }
}

bool is_docker(const std::string& media_type) {
  return media_type == kDockerManifest || media_type == kDockerList;
}

/// The media type of the document, after the keys, its own word and the declared type have been held
/// against each other.
std::string agreed_media_type(const ObjectReader& in, Shape shape, std::string_view declared_media_type) {
  const std::string own = in.text("mediaType", Need::optional);
  const std::string declared = without_parameters(declared_media_type);
  const MediaClass declared_class = classify(declared);

  // Go programs compare the name byte by byte, so no other spelling of it will do.
  if (!own.empty() && (own != without_parameters(own) || classify(own) != class_of(shape))) {
    in.refuse("mediaType", ErrorKind::invalid,
              "says " + quote(own) + ", but the keys are those of " + name_of(shape));
  }
  if (declared_class == MediaClass::other) {  // application/json, text/plain, nothing: the document decides
    if (!own.empty()) return own;
    return std::string(shape == Shape::index ? kOciIndex : kOciManifest);
  }
  if (declared_class != class_of(shape)) {
    in.reading().refuse(ErrorKind::invalid,
                        "declared as " + quote(declared) + ", but the keys are those of " + name_of(shape));
  } else if (own.empty() && is_docker(declared)) {
    in.refuse("mediaType", ErrorKind::invalid, "is missing; docker documents must name their type");
  } else if (!own.empty() && own != declared) {
    in.refuse("mediaType", ErrorKind::invalid,
              "says " + quote(own) + ", but it was declared as " + quote(declared));
  }
  return declared;
}

std::optional<Descriptor> read_subject(const ObjectReader& in) {
  const JsonNode* node = in.object("subject", Need::optional);
  if (!node) return std::nullopt;
  return read_descriptor(in.reading(), *node, "subject");
}

std::optional<Document> read_manifest(const ObjectReader& in, std::string media_type) {
  const JsonNode* config_node = in.object("config", Need::required);
  if (!config_node) return std::nullopt;
  auto config = read_descriptor(in.reading(), *config_node, "config");
  if (!config) return std::nullopt;
  Manifest manifest{.media_type = std::move(media_type),
                    .artifact_type = in.text("artifactType", Need::optional),
                    .config = std::move(*config),
                    .layers = {},
                    .subject = read_subject(in),
                    .annotations = in.text_map("annotations")};
  if (const JsonNode* layers = in.array("layers", Need::optional)) {
    manifest.layers = read_descriptors(in.reading(), *layers, "layers");
  }
  return manifest;
}

std::optional<Document> read_index(const ObjectReader& in, std::string media_type) {
  const JsonNode* manifests = in.array("manifests", Need::required);
  if (!manifests) return std::nullopt;
  return Index{.media_type = std::move(media_type),
               .manifests = read_descriptors(in.reading(), *manifests, "manifests"),
               .subject = read_subject(in),
               .annotations = in.text_map("annotations")};
}

std::optional<Document> read_document(Reading& reading, const JsonNode& root,
                                      std::string_view declared_media_type) {
  const ObjectReader in(reading, root, "", kDocumentKeys);
  const auto shape = shape_of(in);
  if (!shape) return std::nullopt;
  check_schema_version(in);
  std::string media_type = agreed_media_type(in, *shape, declared_media_type);
  return *shape == Shape::index ? read_index(in, std::move(media_type))
                                : read_manifest(in, std::move(media_type));
}

}  // namespace

bool Manifest::is_image() const { return may_be_image_config(config.media_type); }

util::Result<Document> parse_document(std::string_view json, std::string_view declared_media_type) {
  if (classify(declared_media_type) == MediaClass::schema1) {
    return util::fail(
        ErrorKind::invalid,
        "manifest refused: declared as docker schema 1, which cannot be judged; push the image again "
        "with a current tool");
  }
  const auto root = parse_json_object(json);
  if (!root) return util::fail("manifest refused", root.error());
  Reading reading;
  auto document = read_document(reading, *root, declared_media_type);
  if (!reading.ok()) return util::fail("manifest refused", reading.error());
  return std::move(*document);
}

}  // namespace portcullis::oci
