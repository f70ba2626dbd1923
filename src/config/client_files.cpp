// SPDX-License-Identifier: Apache-2.0
#include "portcullis/config/client_files.hpp"

#include <toml++/toml.h>

#include "portcullis/util/files.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::config {
namespace {

constexpr std::size_t kMaxBytes = 1u << 20;

util::Result<toml::table> read(const std::filesystem::path& file) {
  auto content = util::read_file(file, kMaxBytes);
  if (!content) return tl::unexpected(content.error());
  try {
    return toml::parse(*content, file.string());
  } catch (const toml::parse_error& error) {
    return util::fail(util::ErrorKind::invalid,
                      file.string() + ":" + std::to_string(error.source().begin.line) +
                          ": not valid TOML: " + util::safe_text(std::string_view(error.description())));
  } catch (const std::exception& error) {
    return util::fail(util::ErrorKind::internal, file.string() + ": " + error.what());
  }
}

template <class Table>
std::string text(const Table& table, std::string_view key) {
  return table[key].template value_or<std::string>("");
}

}  // namespace

util::Result<HostsFile> read_hosts_file(const std::filesystem::path& file) {
  const auto root = read(file);
  if (!root) return tl::unexpected(root.error());
  HostsFile out;
  out.server = text(*root, "server");
  const auto* hosts = (*root)["host"].as_table();
  if (hosts == nullptr) return out;
  for (const auto& [url, node] : *hosts) {
    HostsFile::Host host{std::string(url.str()), {}};
    if (const auto* table = node.as_table()) {
      if (const auto* list = (*table)["capabilities"].as_array()) {
        for (const auto& item : *list) host.capabilities.push_back(item.value_or<std::string>(""));
      }
    }
    out.hosts.push_back(std::move(host));
  }
  return out;
}

util::Result<std::vector<RegistryEntry>> read_registries_file(const std::filesystem::path& file) {
  const auto root = read(file);
  if (!root) return tl::unexpected(root.error());
  std::vector<RegistryEntry> out;
  const auto* list = (*root)["registry"].as_array();
  if (list == nullptr) return out;
  for (const auto& node : *list) {
    const auto* table = node.as_table();
    if (table == nullptr) continue;
    RegistryEntry entry{text(*table, "prefix"), text(*table, "location"), {}};
    if (entry.prefix.empty()) entry.prefix = entry.location;
    if (entry.location.empty()) entry.location = entry.prefix;
    if (const auto* mirrors = (*table)["mirror"].as_array()) {
      for (const auto& mirror : *mirrors) {
        if (const auto* inner = mirror.as_table()) entry.mirrors.push_back(text(*inner, "location"));
      }
    }
    out.push_back(std::move(entry));
  }
  return out;
}

util::Result<std::vector<std::string>> read_containerd_mirrors(const std::filesystem::path& file) {
  const auto root = read(file);
  if (!root) return tl::unexpected(root.error());
  std::vector<std::string> out;
  // The name of the plugin in containerd 1 and in 2.
  for (const auto* plugin : {"io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images"}) {
    const auto* mirrors = (*root)["plugins"][plugin]["registry"]["mirrors"].as_table();
    if (mirrors == nullptr) continue;
    for (const auto& [name, node] : *mirrors) out.emplace_back(name.str());
  }
  return out;
}

}  // namespace portcullis::config
