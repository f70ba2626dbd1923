// SPDX-License-Identifier: Apache-2.0
#include "descriptor_reader.hpp"

#include "portcullis/oci/base64.hpp"
#include "quote.hpp"

namespace portcullis::oci {
namespace {

using util::ErrorKind;

constexpr std::string_view kDescriptorKeys[] = {"mediaType",   "digest", "size",     "urls",
                                                "annotations", "data",   "platform", "artifactType"};
constexpr std::string_view kPlatformKeys[] = {"architecture", "os",      "os.version",
                                              "os.features",  "variant", "features"};

Platform read_platform(Reading& reading, const JsonNode& node, const std::string& where) {
  const ObjectReader in(reading, node, where, kPlatformKeys);
  Platform platform;
  platform.os = in.text("os", Need::optional);
  platform.architecture = in.text("architecture", Need::optional);
  platform.variant = in.text("variant", Need::optional);
  return platform;
}

bool matches(const Digest& digest, std::string_view content) {
  util::Hasher hasher(digest.algorithm());
  hasher.update(content);
  return hasher.finish_hex() == digest.hex();
}

/// Content carried in the descriptor is used by containerd in place of the blob: it must be the blob.
std::optional<std::string> read_data(const ObjectReader& in, const Digest& digest, std::uint64_t size) {
  if (!in.find("data")) return std::nullopt;
  auto data = decode_base64(in.text("data", Need::optional));
  if (!data) {
    in.refuse("data", ErrorKind::invalid, "must be base64 with padding (RFC 4648)");
  } else if (data->size() != size) {
    in.refuse("data", ErrorKind::corrupt,
              "holds " + std::to_string(data->size()) + " bytes, but size says " + std::to_string(size));
  } else if (!matches(digest, *data)) {
    in.refuse("data", ErrorKind::corrupt, "does not have the digest " + digest.text());
  }
  return data;
}

}  // namespace

std::optional<Digest> read_digest(Reading& reading, const std::string& text, const std::string& where) {
  auto digest = Digest::parse(text);
  if (digest) return std::move(*digest);
  reading.refuse(digest.error().kind, where + ": " + digest.error().message);
  return std::nullopt;
}

std::optional<Descriptor> read_descriptor(Reading& reading, const JsonNode& node, const std::string& where) {
  const ObjectReader in(reading, node, where, kDescriptorKeys);
  std::string media_type = in.text("mediaType", Need::required);
  auto digest = read_digest(reading, in.text("digest", Need::required), in.where("digest"));
  if (!digest) return std::nullopt;

  Descriptor descriptor{.media_type = std::move(media_type),
                        .digest = std::move(*digest),
                        .size = in.natural("size", Need::required),
                        .urls = in.texts("urls"),
                        .data = std::nullopt,
                        .annotations = in.text_map("annotations"),
                        .platform = std::nullopt,
                        .artifact_type = in.text("artifactType", Need::optional)};
  if (const JsonNode* platform = in.object("platform", Need::optional)) {
    descriptor.platform = read_platform(reading, *platform, in.where("platform"));
  }
  descriptor.data = read_data(in, descriptor.digest, descriptor.size);
  if (!reading.ok()) return std::nullopt;
  return descriptor;
}

std::vector<Descriptor> read_descriptors(Reading& reading, const JsonNode& list, const std::string& where) {
  std::vector<Descriptor> descriptors;
  for (const JsonNode& node : list.items) {
    auto descriptor = read_descriptor(reading, node, ObjectReader::element(where, descriptors.size()));
    if (!descriptor) break;
    descriptors.push_back(std::move(*descriptor));
  }
  return descriptors;
}

}  // namespace portcullis::oci
