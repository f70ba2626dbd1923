// SPDX-License-Identifier: Apache-2.0
#include "scan_upstreams.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "environment.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/util/files.hpp"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;
using util::ErrorKind;

constexpr std::size_t kMaxPassword = 64 * 1024;

bool is_called(const upstream::Options& upstream, const std::string& host) {
  const auto& aliases = upstream.aliases;
  return upstream.name == host || std::ranges::find(aliases, host) != aliases.end();
}

/// The first line, as editors and `echo` write it.
util::Result<std::string> read_password(const std::string& file) {
  auto text = util::read_file(file, kMaxPassword);
  if (!text) return util::fail("--password-file", text.error());
  text->erase(std::min(text->find_first_of("\r\n"), text->size()));
  if (text->empty())
    return util::fail(ErrorKind::invalid, "--password-file: " + file + " has an empty first line");
  return text;
}

util::Result<std::optional<upstream::Credentials>> given_credentials(const LoginFlags& login) {
  upstream::Credentials given;
  given.username = login.username.empty() ? environment("PORTCULLIS_USERNAME") : login.username;
  given.password = environment("PORTCULLIS_PASSWORD");
  if (!login.password_file.empty()) {
    auto password = read_password(login.password_file);
    if (!password) return tl::unexpected(password.error());
    given.password = *std::move(password);
  }
  if (given.username.empty() && given.password.empty()) return std::nullopt;
  if (given.username.empty()) {
    return util::fail(ErrorKind::invalid,
                      "there is a password but no user name; give --username or PORTCULLIS_USERNAME");
  }
  if (given.password.empty()) {
    return util::fail(ErrorKind::invalid,
                      "there is a user name but no password; give --password-file or PORTCULLIS_PASSWORD");
  }
  return given;
}

/// Where container tools keep logins; empty when there is no file.
std::string usual_docker_config() {
  std::vector<std::string> places;
  const auto add = [&places](const char* variable, const char* below) {
    if (const auto value = environment(variable); !value.empty()) places.push_back(value + below);
  };
  add("REGISTRY_AUTH_FILE", "");
  add("DOCKER_CONFIG", "/config.json");
  add("HOME", "/.docker/config.json");
  add("XDG_RUNTIME_DIR", "/containers/auth.json");
  const auto there = std::ranges::find_if(places, [](const std::string& place) {
    std::error_code ignored;
    return fs::is_regular_file(place, ignored);
  });
  return there == places.end() ? std::string() : *there;
}

/// In the order of the call, each once. What is no reference is told by who judges it.
std::vector<std::string> hosts_of(const std::vector<Source>& sources) {
  std::vector<std::string> hosts;
  for (const Source& source : sources) {
    if (source.kind != SourceKind::reference) continue;
    const auto reference = oci::Reference::parse(source.place);
    if (reference && std::ranges::find(hosts, reference->host()) == hosts.end()) {
      hosts.push_back(reference->host());
    }
  }
  return hosts;
}

}  // namespace

std::string upstream_name(const config::Config& config, const std::string& host) {
  const auto found =
      std::ranges::find_if(config.upstreams, [&](const auto& upstream) { return is_called(upstream, host); });
  return found == config.upstreams.end() ? host : found->name;
}

util::Result<void> prepare_upstreams(config::Config& config, const std::vector<Source>& sources,
                                     const std::vector<std::string>& plain_http, const LoginFlags& login) {
  if (!login.auth_file.empty()) {
    std::error_code ignored;
    if (!fs::exists(login.auth_file, ignored)) {
      return util::fail(ErrorKind::absent, "--auth-file: there is no file " + login.auth_file);
    }
    config.docker_config = login.auth_file;
  } else if (config.docker_config.empty()) {
    config.docker_config = usual_docker_config();
  }
  const auto credentials = given_credentials(login);
  if (!credentials) return tl::unexpected(credentials.error());

  std::vector<upstream::Options> needed;
  for (const std::string& host : hosts_of(sources)) {
    const auto name = upstream_name(config, host);
    if (std::ranges::find(needed, name, &upstream::Options::name) != needed.end()) continue;
    auto found = std::ranges::find(config.upstreams, name, &upstream::Options::name);
    auto& upstream = needed.emplace_back();
    if (found != config.upstreams.end()) {
      upstream = *found;
    } else {
      upstream.name = host;
      upstream.url = "https://" + host;
    }
    if (!upstream.credentials && (upstream.docker_config.empty() || !login.auth_file.empty())) {
      upstream.docker_config = config.docker_config;
    }
    if (std::ranges::find(plain_http, host) != plain_http.end()) {
      upstream.url = "http://" + host;
      upstream.allow_plain_http = true;
    }
  }
  if (*credentials) {
    if (needed.size() > 1) {
      return util::fail(ErrorKind::invalid,
                        "a user name and its password are for one registry, and the images are in " +
                            std::to_string(needed.size()) + " (" + needed[0].name + ", " + needed[1].name +
                            "); use --auth-file");
    }
    for (auto& upstream : needed) {
      if (!upstream.credentials) upstream.credentials = *credentials;
    }
  }
  config.upstreams = std::move(needed);
  return {};
}

}  // namespace portcullis::cli
