// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <nlohmann/json.hpp>

#include "support/samples.hpp"

namespace portcullis::test {
namespace {

Image image_with(Dialect dialect, const std::vector<FileSpec>& second_layer) {
  return ImageBuilder(dialect)
      .layer(base_files())
      .layer(second_layer)
      .layer({{"etc/motd", "Welcome.\n"}})
      .cmd("/bin/busybox")
      .build();
}

}  // namespace

std::vector<FileSpec> base_files() {
  auto busybox = slurp("/bin/busybox");
  if (busybox.empty()) busybox = slurp("/proc/self/exe");  // any real program will do
  return {{"bin/"}, {"bin/busybox", busybox, 0755}, {"etc/"}, {"etc/passwd", "root:x:0:0:root:/:/bin/sh\n"}};
}

std::vector<FileSpec> infected_files() {
  return {{"opt/"}, {"opt/tool/"}, {"opt/tool/README", "harmless\n"}, {std::string(kInfectedPath), eicar()}};
}

Image clean_image(Dialect dialect) {
  return image_with(dialect, {{"opt/"}, {"opt/tool/"}, {"opt/tool/README", "harmless\n"}});
}

Image infected_image(Dialect dialect) { return image_with(dialect, infected_files()); }

World::World(const std::string& config)
    : registry(dir / "registry"),
      server(
          {.directory = dir / "portcullis", .upstreams = {"docker.io=" + registry.url()}, .config = config}) {
}

RunResult skopeo_pull(const PortcullisServer& server, const std::string& name, const TempDir& dir) {
  static int serial = 0;
  const auto target = dir / ("pulled" + std::to_string(serial++));
  return run({"skopeo", "--insecure-policy", "copy", "--src-tls-verify=false",
              "docker://" + server.address() + "/" + name, "dir:" + target.string()});
}

HttpResponse get_patiently(std::uint16_t port, std::string target, const HttpHeaders& headers) {
  for (int hop = 0;; ++hop) {
    auto answer = http_get(port, target, headers);
    if (answer.status != 307 || hop == 10) return answer;
    target = answer.header("Location");
    if (const auto scheme = target.find("://"); scheme != std::string::npos) {
      target.erase(0, target.find('/', scheme + 3));
    }
  }
}

HttpResponse get_manifest(std::uint16_t port, const std::string& path, const std::string& reference,
                          const std::string& query) {
  // A tool is told what is the matter on every route; runtimes are held in their own ways.
  HttpHeaders accept = {{"User-Agent", "curl/7.88.1"}};
  for (const auto type : {oci::kOciManifest, oci::kOciIndex, oci::kDockerManifest, oci::kDockerList}) {
    accept.emplace_back("Accept", std::string(type));
  }
  return get_patiently(port, "/v2/" + path + "/manifests/" + reference + query, accept);
}

::testing::AssertionResult pulls(std::uint16_t port, const std::string& path, const std::string& reference,
                                 const Image& expected) {
  const auto fail = [&](const std::string& what, const HttpResponse& response) {
    return ::testing::AssertionFailure()
           << what << " of " << path << ":" << reference << ": " << response.status << " " << response.reason
           << ", " << response.body.size() << " bytes: " << response.body.substr(0, 500);
  };
  const auto manifest = get_manifest(port, path, reference);
  if (manifest.status != 200 || manifest.body != expected.manifest.bytes ||
      manifest.header("Content-Type") != expected.manifest.media_type ||
      manifest.header("Docker-Content-Digest") != expected.digest().text()) {
    return fail("manifest", manifest);
  }
  auto blobs = expected.layers;
  blobs.push_back(expected.config);
  for (const auto& blob : blobs) {
    const auto answer = get_patiently(port, "/v2/" + path + "/blobs/" + blob.digest().text());
    if (answer.status != 200 || answer.body != blob.bytes)
      return fail("blob " + blob.digest().text(), answer);
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult is_block(const HttpResponse& response, const std::string& layer) {
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  const auto error = json.is_object() && json.contains("errors") ? json["errors"].at(0) : nlohmann::json();
  if (response.status != 403 || !error.is_object() || error.value("code", "") != "DENIED") {
    return ::testing::AssertionFailure() << "not 403 DENIED: " << response.status << " " << response.body;
  }
  const auto message = error.value("message", "");
  for (const std::string& part : {std::string("BLOCKED by Portcullis: rule "), std::string(kEicarRule),
                                  std::string(kInfectedPath), layer}) {
    if (message.find(part) == std::string::npos) {
      return ::testing::AssertionFailure() << "no \"" << part << "\" in the message: " << message;
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace portcullis::test
