// SPDX-License-Identifier: Apache-2.0
#include "descriptor_reader.hpp"
#include "portcullis/oci/manifest.hpp"

namespace portcullis::oci {
namespace {

constexpr std::string_view kConfigKeys[] = {
    "created",        "author", "architecture", "variant", "os",        "os.version",
    "os.features",    "config", "rootfs",       "history", "container", "container_config",
    "docker_version", "id",     "parent",       "comment", "Size"};

// The OCI fields and those docker's container.Config has had over the years.
constexpr std::string_view kInnerConfigKeys[] = {
    "User",         "ExposedPorts",   "Env",          "Entrypoint",   "Cmd",         "Volumes",
    "WorkingDir",   "Labels",         "StopSignal",   "StopTimeout",  "ArgsEscaped", "Hostname",
    "Domainname",   "AttachStdin",    "AttachStdout", "AttachStderr", "Tty",         "OpenStdin",
    "StdinOnce",    "Image",          "OnBuild",      "Healthcheck",  "Shell",       "MacAddress",
    "PortSpecs",    "Memory",         "MemorySwap",   "CpuShares",    "Cpuset",      "VolumesFrom",
    "VolumeDriver", "NetworkDisabled"};

constexpr std::string_view kRootfsKeys[] = {"type", "diff_ids", "base_layer"};
constexpr std::string_view kHistoryKeys[] = {"created", "created_by", "author", "comment", "empty_layer"};

void read_inner_config(Reading& reading, const JsonNode& node, ImageConfig& config) {
  const ObjectReader in(reading, node, "config", kInnerConfigKeys);
  config.user = in.text("User", Need::optional);
  config.entrypoint = in.text_or_texts("Entrypoint");
  config.cmd = in.text_or_texts("Cmd");
  config.env = in.texts("Env");
  config.labels = in.text_map("Labels");
  if (const JsonNode* ports = in.object("ExposedPorts", Need::optional)) config.exposed_ports = ports->keys;
}

void read_rootfs(Reading& reading, const JsonNode& node, ImageConfig& config) {
  const ObjectReader in(reading, node, "rootfs", kRootfsKeys);
  for (const std::string& text : in.texts("diff_ids")) {
    auto digest =
        read_digest(reading, text, ObjectReader::element(in.where("diff_ids"), config.diff_ids.size()));
    if (!digest) return;
    config.diff_ids.push_back(std::move(*digest));
  }
}

void read_history(Reading& reading, const JsonNode& list, ImageConfig& config) {
  for (const JsonNode& node : list.items) {
    const ObjectReader in(reading, node, ObjectReader::element("history", config.history.size()),
                          kHistoryKeys);
    config.history.push_back(HistoryEntry{.created_by = in.text("created_by", Need::optional),
                                          .comment = in.text("comment", Need::optional),
                                          .empty_layer = in.flag("empty_layer")});
  }
}

}  // namespace

util::Result<ImageConfig> parse_image_config(std::string_view json) {
  const auto root = parse_json_object(json);
  if (!root) return util::fail("image config refused", root.error());

  Reading reading;
  const ObjectReader in(reading, *root, "", kConfigKeys);
  ImageConfig config;
  // Signatures and attestations leave os and architecture empty, so nothing here is required.
  config.platform.os = in.text("os", Need::optional);
  config.platform.architecture = in.text("architecture", Need::optional);
  config.platform.variant = in.text("variant", Need::optional);
  config.created = in.text("created", Need::optional);
  config.author = in.text("author", Need::optional);
  if (const JsonNode* inner = in.object("config", Need::optional)) read_inner_config(reading, *inner, config);
  if (const JsonNode* rootfs = in.object("rootfs", Need::optional)) read_rootfs(reading, *rootfs, config);
  if (const JsonNode* history = in.array("history", Need::optional)) read_history(reading, *history, config);
  if (!reading.ok()) return util::fail("image config refused", reading.error());
  return config;
}

}  // namespace portcullis::oci
