// SPDX-License-Identifier: Apache-2.0
#include "portcullis/api/client_config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace portcullis::api {
namespace {

/// The names stand inside quotes of TOML, JSON and YAML, and in paths.
bool is_authority_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == ':' || c == '[' || c == ']';
}

std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

/// The CA of Portcullis where `directory` keeps one for its host.
void add_ca(const ClientConfigJob& job, const std::string& directory, ClientConfig& out) {
  if (job.ca) out.files.push_back({directory + "/" + job.endpoint.authority + "/ca.crt", *job.ca});
}

std::string hosts_toml(const ClientConfigJob& job, const std::string& directory, const std::string& comment) {
  const std::string ca =
      job.ca ? "ca = " + in_quotes(directory + "/" + job.endpoint.authority + "/ca.crt") + "\n" : "";
  return "# " + comment +
         "\n# Both parts are needed: without \"server\" the origin is asked after a refusal,\n" +
         "# and containerd up to 1.7 takes no notice of a file with \"server\" alone.\n" +
         "server = " + in_quotes(job.endpoint.url()) + "\n" + ca + "\n[host." +
         in_quotes(job.endpoint.url()) + "]\n  capabilities = [\"pull\", \"resolve\"]\n" +
         (ca.empty() ? "" : "  " + ca);
}

/// certs.d of containerd or of docker's containerd store.
void add_hosts(const ClientConfigJob& job, const std::string& directory, ClientConfig& out) {
  for (const std::string& upstream : job.upstreams) {
    out.files.push_back(
        {directory + "/" + upstream + "/hosts.toml",
         hosts_toml(job, directory, "Images of " + upstream + " come from Portcullis only.")});
  }
  out.files.push_back({directory + "/" + job.endpoint.authority + "/hosts.toml",
                       hosts_toml(job, directory, "Images that name Portcullis themselves.")});
  add_ca(job, directory, out);
}

void add_default(const ClientConfigJob& job, const std::string& directory, ClientConfig& out) {
  out.files.push_back(
      {directory + "/_default/hosts.toml",
       hosts_toml(job, directory,
                  "Any other registry: Portcullis refuses those it does not know. Without this file\n"
                  "# images of such registries are pulled from there, unscanned.")});
}

/// `p.example/host:5000/app` is no image name to containers/image.
bool has_port(const std::string& upstream) { return upstream.find(':') != std::string::npos; }

std::string registries_conf(const ClientConfigJob& job) {
  std::string text =
      "# A location, not a [[registry.mirror]]: after a mirror's refusal the origin is asked, after that of\n"
      "# a location nothing is. The origin is never contacted, even while Portcullis is down.\n";
  const std::string insecure = job.endpoint.plain() ? "insecure = true\n" : "";
  for (const std::string& upstream : job.upstreams) {
    if (has_port(upstream)) {
      text +=
          "\n# " + upstream + ": no location can name a port in its path; such images are pulled directly.\n";
      continue;
    }
    text += "\n[[registry]]\nprefix = " + in_quotes(upstream) +
            "\nlocation = " + in_quotes(job.endpoint.authority + "/" + upstream) + "\n" + insecure;
  }
  if (job.endpoint.plain()) {
    text += "\n# Images that name Portcullis themselves.\n[[registry]]\nprefix = " +
            in_quotes(job.endpoint.authority) + "\nlocation = " + in_quotes(job.endpoint.authority) + "\n" +
            insecure;
  }
  return text;
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

constexpr auto kContainerdDirectory = "/etc/containerd/certs.d";
constexpr auto kRegistriesFile = "/etc/containers/registries.conf.d/50-portcullis.conf";

}  // namespace

util::Result<Endpoint> Endpoint::parse(std::string_view url) {
  Endpoint endpoint;
  for (const std::string_view scheme : {"https", "http"}) {
    if (!endpoint.scheme.empty() || !url.starts_with(std::string(scheme) + "://")) continue;
    endpoint.scheme = scheme;
    endpoint.authority = url.substr(scheme.size() + 3);
  }
  if (endpoint.authority.ends_with('/')) endpoint.authority.pop_back();
  if (endpoint.authority.empty() || !std::ranges::all_of(endpoint.authority, is_authority_character)) {
    return util::fail(util::ErrorKind::invalid,
                      "expected http://HOST[:PORT] or https://HOST[:PORT], saw \"" + std::string(url) + "\"");
  }
  return endpoint;
}

ClientConfig docker_config(const ClientConfigJob& job) {
  ClientConfig out;
  out.notes = {
      "docker: a refusal holds for Docker Hub images by the form of Portcullis' answers (measured with "
      "docker",
      "20.10 to 28.5; `portcullis doctor` checks them). That form is an accident of the client, and while",
      "Portcullis is down dockerd asks Docker Hub: only egress control closes that. registry-mirrors covers",
      "Docker Hub only. Other registries: name Portcullis in the image, " + job.endpoint.authority +
          "/ghcr.io/OWNER/IMAGE,",
      "and keep dockerd from reaching them. Merge daemon.json into the one you have, then restart docker.",
      "certs.d/*/hosts.toml is for docker 28 and newer with the containerd image store, and for its builds:",
      "there the origin is never contacted. The classic image store does not read it.",
  };
  nlohmann::ordered_json daemon;
  daemon["registry-mirrors"] = {job.endpoint.url()};
  if (job.endpoint.plain()) daemon["insecure-registries"] = {job.endpoint.authority};
  out.files.push_back({"/etc/docker/daemon.json", daemon.dump(2) + "\n"});
  add_hosts(job, "/etc/docker/certs.d", out);
  return out;
}

ClientConfig containerd_config(const ClientConfigJob& job) {
  ClientConfig out;
  out.notes = {
      "containerd: a refusal holds, and the origin is never contacted, even while Portcullis is down "
      "(measured",
      "with containerd 1.6, 1.7 and 2.1). containerd must look into the directory; in "
      "/etc/containerd/config.toml:",
      "  containerd 1:  [plugins.\"io.containerd.grpc.v1.cri\".registry]    config_path = \"" +
          std::string(kContainerdDirectory) + "\"",
      "  containerd 2:  [plugins.\"io.containerd.cri.v1.images\".registry]  config_path = \"" +
          std::string(kContainerdDirectory) + "\"",
      "and no registry.mirrors there: those always add the origin. Restart containerd for config.toml only;",
      "the files below are read with every pull. ctr needs --hosts-dir " + std::string(kContainerdDirectory) +
          " (containerd 1.7:",
      "not together with --local=false, which does not look there).",
  };
  add_hosts(job, kContainerdDirectory, out);
  add_default(job, kContainerdDirectory, out);
  return out;
}

ClientConfig podman_config(const ClientConfigJob& job) {
  ClientConfig out;
  out.notes = {
      "podman, CRI-O, skopeo, buildah: a refusal holds and its reason is shown; the origin is never "
      "contacted,",
      "even while Portcullis is down (measured with podman 4.3 to 5.8, skopeo 1.9 to 1.22). A registry that "
      "is",
      "not named here (" + joined(job.upstreams) + " are)",
      "is asked directly: only egress control closes that. CRI-O reads the file on SIGHUP, the others at "
      "once.",
  };
  out.files.push_back({kRegistriesFile, registries_conf(job)});
  add_ca(job, "/etc/containers/certs.d", out);
  return out;
}

ClientConfig buildkit_config(const ClientConfigJob& job) {
  ClientConfig out;
  out.notes = {
      "buildkit: a refusal holds by the form of Portcullis' answers. While Portcullis is down, buildkitd "
      "asks",
      "the origin: it always adds it, and no configuration prevents that; only egress control does.",
      "docker's own builder does not read this file; for docker 28 and newer see client-config docker.",
      "kaniko: --registry-map 'docker.io=" + job.endpoint.authority +
          "' --skip-default-registry-fallback (this one holds).",
  };
  std::string text;
  for (const std::string& upstream : job.upstreams) {
    text +=
        "[registry." + in_quotes(upstream) + "]\n  mirrors = [" + in_quotes(job.endpoint.authority) + "]\n";
  }
  text += "\n[registry." + in_quotes(job.endpoint.authority) + "]\n";
  if (job.endpoint.plain()) text += "  http = true\n";
  if (job.ca) text += "  ca = [\"/etc/buildkit/certs/" + job.endpoint.authority + "/ca.crt\"]\n";
  out.files.push_back({"/etc/buildkit/buildkitd.toml", text});
  add_ca(job, "/etc/buildkit/certs", out);
  return out;
}

std::string ClientConfig::text() const {
  std::string text;
  for (const std::string& note : notes) text += "# " + note + "\n";
  for (const ConfigFile& file : files) text += "\n# " + file.path + "\n" + file.content;
  return text;
}

std::optional<ClientConfig> client_config(std::string_view client, const ClientConfigJob& job) {
  if (client == "docker") return docker_config(job);
  if (client == "containerd") return containerd_config(job);
  if (client == "podman") return podman_config(job);
  if (client == "kubernetes") return kubernetes_config(job);
  if (client == "buildkit") return buildkit_config(job);
  return std::nullopt;
}

}  // namespace portcullis::api
