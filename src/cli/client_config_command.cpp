// SPDX-License-Identifier: Apache-2.0
//
// portcullis client-config: prints what makes a container client pull through Portcullis and nowhere else.
#include <cstdio>
#include <filesystem>

#include "client_url.hpp"
#include "commands.hpp"
#include "exit_code.hpp"
#include "portcullis/api/client_config.hpp"
#include "portcullis/config/config.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/util/files.hpp"

namespace portcullis::cli {
namespace {

constexpr std::size_t kMaxCaBytes = 1u << 20;

struct ClientConfigFlags {
  std::string client;
  std::string config;
  std::string url;
  std::vector<std::string> upstreams;
  std::string ca_file;
  std::string directory;
};

util::Result<std::vector<std::string>> upstream_names(const ClientConfigFlags& flags,
                                                      const config::Config& config) {
  std::vector<std::string> names;
  for (const std::string& text : flags.upstreams) {
    auto host = oci::parse_host(text);
    if (!host || !oci::looks_like_host(*host)) {
      return util::fail(util::ErrorKind::invalid,
                        "--upstream: expected a registry host such as docker.io, saw \"" + text + "\"");
    }
    names.push_back(*std::move(host));
  }
  if (names.empty()) {
    for (const auto& upstream : config.upstreams) names.push_back(upstream.name);
  }
  return names;
}

int show(const api::ClientConfig& made) { return print(made.text()); }

int write(const api::ClientConfig& made, const std::filesystem::path& directory) {
  for (const api::ConfigFile& file : made.files) {
    const auto path = directory / std::filesystem::path(file.path).relative_path();
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) return fail(kCannotWrite, path.parent_path().string() + ": " + error.message());
    if (auto written = util::write_file_atomically(path, file.content); !written) {
      return fail(kCannotWrite, written.error().message);
    }
    std::printf("%s\n", path.c_str());
  }
  return kClean;
}

int client_config(const ClientConfigFlags& flags) {
  auto config = config::load(flags.config, {});
  if (!config) return fail_configuration(config.error());
  const std::string url = flags.url.empty() ? client_url(*config) : flags.url;
  if (url.empty()) {
    return fail(kUsage,
                "name the address that clients have for Portcullis with --url, or as public_url under "
                "[registry] in the configuration file: it listens on every address");
  }
  auto endpoint = api::Endpoint::parse(url);
  if (!endpoint) return fail(kUsage, "--url: " + endpoint.error().message);
  auto upstreams = upstream_names(flags, *config);
  if (!upstreams) return fail(kUsage, upstreams.error().message);
  api::ClientConfigJob job{*std::move(endpoint), *std::move(upstreams), std::nullopt};
  if (!flags.ca_file.empty()) {
    if (job.endpoint.plain()) return fail(kUsage, "--ca: the URL is plain http, which has no certificates");
    auto ca = util::read_file(flags.ca_file, kMaxCaBytes);
    if (!ca) return fail(kUsage, "--ca: " + ca.error().message);
    if (ca->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
      return fail(kUsage, "--ca: expected PEM certificates in " + flags.ca_file);
    }
    job.ca = *std::move(ca);
  }
  const auto made = *api::client_config(flags.client, job);
  return flags.directory.empty() ? show(made) : write(made, flags.directory);
}

}  // namespace

void add_client_config(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ClientConfigFlags>();
  CLI::App* command =
      app.add_subcommand("client-config", "Print what makes a client pull through Portcullis only");
  command->add_option("CLIENT", flags->client, "docker, containerd, podman, kubernetes or buildkit")
      ->required()
      ->check(CLI::IsMember({"docker", "containerd", "podman", "kubernetes", "buildkit"}));
  command->add_option("--config", flags->config, "Configuration file of the server: its URL and upstreams")
      ->type_name("FILE");
  command
      ->add_option("--url", flags->url,
                   "Where clients find Portcullis, default public_url of the file or the listen address")
      ->type_name("URL");
  command
      ->add_option("--upstream", flags->upstreams,
                   "A registry whose images come from Portcullis; repeatable, default all configured ones")
      ->type_name("HOST")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--ca", flags->ca_file, "Certificates (PEM) that clients need to trust an https URL")
      ->type_name("FILE");
  command
      ->add_option("--directory", flags->directory,
                   "Write the files below DIR (DIR/etc/...) instead of printing them; `/` installs them")
      ->type_name("DIR");
  command->footer(
      "Each file is printed below a comment with its path. What the configuration cannot prevent is said\n"
      "first.\n"
      "Examples:\n"
      "  portcullis client-config containerd --url https://registry.example.com --ca ca.pem\n"
      "  portcullis client-config podman --upstream docker.io --upstream quay.io\n"
      "  portcullis client-config kubernetes --url https://registry.example.com --directory . && "
      "kubectl apply -f portcullis-client.yaml");
  command->callback([flags, &action] { action = [flags] { return client_config(*flags); }; });
}

}  // namespace portcullis::cli
