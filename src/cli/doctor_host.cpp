// SPDX-License-Identifier: Apache-2.0
#include "doctor_host.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "portcullis/config/client_files.hpp"
#include "portcullis/util/files.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kSection = "Clients on this machine";
constexpr std::size_t kMaxFile = 1u << 20;

class Clients {
 public:
  Clients(const fs::path& etc, const api::Endpoint& portcullis, Diagnosis& out)
      : etc_(etc), portcullis_(portcullis), out_(out) {}

  void check() {
    docker_daemon();
    hosts_directory(etc_ / "docker/certs.d", "docker with the containerd store");
    hosts_directory(etc_ / "containerd/certs.d", "containerd");
    containerd_mirrors();
    registries();
    if (found_) return;
    add(Finding::note, "none of them pulls through " + portcullis_.url(), "",
        "run doctor where images are pulled; `portcullis client-config` prints what to install there");
  }

 private:
  void add(Finding finding, std::string name, std::string detail = "", std::string advice = "") {
    out_.checks.push_back({kSection, std::move(name), finding, std::move(detail), std::move(advice)});
  }
  void unreadable(const fs::path& file, const util::Error& error) {
    if (error.kind == util::ErrorKind::absent) return;
    found_ = true;
    add(Finding::unknown, file.string() + " cannot be read", error.message);
  }

  /// `text` is a URL, or a location without a scheme.
  bool is_portcullis(std::string text) const {
    const auto scheme = text.find("://");
    if (scheme != std::string::npos) text.erase(0, scheme + 3);
    text.resize(std::min(text.find('/'), text.size()));
    return util::to_lower_ascii(text) == util::to_lower_ascii(portcullis_.authority);
  }

  void docker_daemon() {
    const auto file = etc_ / "docker/daemon.json";
    const auto content = util::read_file(file, kMaxFile);
    if (!content) return unreadable(file, content.error());
    const auto json = nlohmann::json::parse(*content, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) {
      return unreadable(file, {util::ErrorKind::invalid, "it is no JSON object"});
    }
    std::vector<std::string> mirrors;
    for (const auto& mirror : json.value("registry-mirrors", nlohmann::json::array())) {
      if (mirror.is_string()) mirrors.push_back(mirror.get<std::string>());
    }
    const auto ours = std::ranges::find_if(mirrors, [&](const auto& text) { return is_portcullis(text); });
    if (ours == mirrors.end()) return;
    found_ = true;
    if (ours != mirrors.begin()) {
      add(Finding::bad, "dockerd asks " + mirrors.front() + " before Portcullis", file.string(),
          "make Portcullis the only one of registry-mirrors");
      return;
    }
    add(Finding::ok, "dockerd pulls Docker Hub images through Portcullis", file.string());
    add(Finding::note,
        "dockerd pulls from other registries directly, and from Docker Hub while Portcullis is down", "",
        "let nothing but Portcullis reach the registries");
  }

  void hosts_directory(const fs::path& directory, const std::string& client) {
    std::error_code ignored;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory, ignored))
      files.push_back(entry.path() / "hosts.toml");
    std::ranges::sort(files);
    for (const auto& file : files) {
      const auto read = config::read_hosts_file(file);
      if (!read) {
        unreadable(file, read.error());
      } else {
        hosts_file(file, *read, client);
      }
    }
  }

  void hosts_file(const fs::path& file, const config::HostsFile& hosts, const std::string& client) {
    const auto ours =
        std::ranges::find_if(hosts.hosts, [&](const auto& host) { return is_portcullis(host.url); });
    const bool server = is_portcullis(hosts.server);
    if (ours == hosts.hosts.end() && !server) return;
    found_ = true;
    const auto images = file.parent_path().filename().string();
    const auto what = client + ": images of " + (images == "_default" ? "other registries" : images);
    const auto other =
        std::ranges::find_if(hosts.hosts, [&](const auto& host) { return !is_portcullis(host.url); });
    const auto does = [&](const char* capability) {
      return ours->capabilities.empty() || std::ranges::count(ours->capabilities, capability) > 0;
    };
    std::string wrong;
    if (!server) {
      wrong = "without server = the registry itself is asked after a refusal";
    } else if (ours == hosts.hosts.end()) {
      wrong = "without [host] containerd up to 1.7 takes no notice of the file";
    } else if (!does("pull") || !does("resolve")) {
      wrong = "Portcullis needs the capabilities pull and resolve";
    } else if (other != hosts.hosts.end()) {
      wrong = other->url + " is asked too";
    }
    if (wrong.empty()) {
      add(Finding::ok, what + " come from Portcullis only", file.string());
    } else {
      add(Finding::bad, what + " may come from elsewhere", file.string() + ": " + wrong,
          "see `portcullis client-config containerd`");
    }
  }

  void containerd_mirrors() {
    const auto file = etc_ / "containerd/config.toml";
    const auto mirrors = config::read_containerd_mirrors(file);
    if (!mirrors) return unreadable(file, mirrors.error());
    for (const auto& registry : *mirrors) {
      found_ = true;
      add(Finding::bad, "containerd: images of " + registry + " may come from the registry itself",
          file.string() + ": registry.mirrors always adds it",
          "use config_path and certs.d instead, see `portcullis client-config containerd`");
    }
  }

  void registries() {
    std::vector<fs::path> files = {etc_ / "containers/registries.conf"};
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(etc_ / "containers/registries.conf.d", ignored)) {
      if (entry.path().extension() == ".conf") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const auto& file : files) {
      const auto entries = config::read_registries_file(file);
      if (!entries) {
        unreadable(file, entries.error());
        continue;
      }
      for (const auto& entry : *entries) registry(file, entry);
    }
  }

  void registry(const fs::path& file, const config::RegistryEntry& entry) {
    const auto what = "podman, skopeo, CRI-O: images of " + entry.prefix;
    const bool mirrored =
        std::ranges::any_of(entry.mirrors, [&](const auto& text) { return is_portcullis(text); });
    const auto other =
        std::ranges::find_if(entry.mirrors, [&](const auto& text) { return !is_portcullis(text); });
    const bool located = is_portcullis(entry.location);
    if (!located && !mirrored) return;
    found_ = true;
    if (located && other == entry.mirrors.end()) {
      add(Finding::ok, what + " come from Portcullis only", file.string());
    } else if (located) {
      add(Finding::bad, what + " may come from " + *other, file.string(),
          "leave out its [[registry.mirror]]");
    } else {
      add(Finding::bad, what + " come from the registry itself after a refusal",
          file.string() + ": Portcullis is a mirror there",
          "make it the location, see `portcullis client-config podman`");
    }
  }

  const fs::path& etc_;
  const api::Endpoint& portcullis_;
  Diagnosis& out_;
  bool found_ = false;
};

}  // namespace

void check_clients_here(const fs::path& etc, const api::Endpoint& portcullis, Diagnosis& out) {
  Clients(etc, portcullis, out).check();
}

}  // namespace portcullis::cli
