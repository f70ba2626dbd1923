// SPDX-License-Identifier: Apache-2.0
#include "stage.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "portcullis/oci/manifest.hpp"
#include "support/http_get.hpp"
#include "support/private_network.hpp"
#include "support/samples.hpp"
#include "support/wait.hpp"

namespace portcullis::matrix {
namespace {

using test::run_ok;

constexpr const char* kOriginHost = "127.0.0.2";  // of Docker Hub's names; Portcullis is on 127.0.0.1
constexpr std::uint16_t kHttps = 443;
const std::vector<std::string> kHubNames = {"registry-1.docker.io", "docker.io", "index.docker.io",
                                            "auth.docker.io", "production.cloudflare.docker.com"};

std::string slug(Situation situation) {
  std::string text(name_of(situation));
  std::replace(text.begin(), text.end(), ' ', '-');
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string cell_name(std::string_view row, Situation situation) {
  return std::string(row) + "-" + slug(situation);
}

test::Image make_image(const std::string& name, bool infected, const std::string& architecture) {
  test::ImageBuilder builder(test::Dialect::docker);
  builder.architecture(architecture);
  builder.layer({{"etc/"}, {"etc/passwd", "root:x:0:0:root:/:/bin/sh\n"}});
  std::vector<test::FileSpec> files = {{"opt/"}, {"opt/name", name + "\n"}};
  if (infected) files.push_back({"opt/payload.com", test::eicar()});
  builder.layer(files);
  return builder.build();
}

Sample make_sample(std::string_view row, const std::string& name, bool infected) {
  const auto here = oci::Platform::host().architecture;
  Sample sample{"library/" + name, "", make_image(name, infected, here)};
  sample.top = sample.image.digest().text();
  if (row.ends_with("-index")) {
    sample.index =
        test::make_index({make_image(name, false, "mips64le"), sample.image}, test::Dialect::docker);
    sample.top = sample.index->digest().text();
  }
  return sample;
}

/// One certificate for all of Docker Hub's names; it is its own authority.
test::RegistryTls make_tls(const std::filesystem::path& directory) {
  test::RegistryTls tls{kOriginHost, kHttps, directory / "hub.crt", directory / "hub.key"};
  std::string names = "subjectAltName=IP:" + tls.host;
  for (const auto& name : kHubNames) names += ",DNS:" + name;
  run_ok({.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                   "-nodes", "-days", "2", "-subj", "/CN=Docker Hub of a test", "-addext", names, "-keyout",
                   tls.key.string(), "-out", tls.certificate.string()}});
  return tls;
}

/// For this process and what it starts: the origin's certificate and nothing else is trusted, and
/// nothing of the user or of the machine's network gets in.
void set_environment(const std::filesystem::path& home, const std::filesystem::path& certificate) {
  for (const char* name :
       {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "DOCKER_HOST",
        "DOCKER_CONTEXT", "SSL_CERT_DIR", "XDG_RUNTIME_DIR", "REGISTRY_AUTH_FILE"}) {
    unsetenv(name);
  }
  std::filesystem::create_directories(home);
  setenv("SSL_CERT_FILE", certificate.c_str(), 1);
  setenv("HOME", home.c_str(), 1);
}

/// `hold` and `hops` alone differ: long enough for every scan on a busy machine, or over at once.
std::string server_config(const std::string& upstream, const std::string& waiting) {
  return "[registry]\n" + waiting + "[[upstream]]\nname = \"docker.io\"\nurl = \"" + upstream +
         "\"\nattempts = 1\nstall_timeout = \"5m\"\n[gate]\ntag_ttl = \"0s\"\n";
}

const std::string kPatient = "hold = \"20s\"\nhops = 8\n";
const std::string kHasty = "hold = \"200ms\"\nhops = 2\n";

/// The lines of an access log that are about a request, or about a connection that ended before one.
bool is_visit(const std::string& line) {
  return line.find(" HTTP/") != std::string::npos || line.find("TLS handshake error") != std::string::npos;
}

}  // namespace

Stage::Stage(const std::vector<std::string>& rows) {
  test::enter_private_network();
  test::enter_private_mounts();
  memory_.emplace(dir_.path());
  const auto tls = make_tls(dir_.path());
  set_environment(dir_ / "home", tls.certificate);
  std::string hosts = "127.0.0.1 localhost\n";
  for (const auto& name : kHubNames) hosts += tls.host + " " + name + "\n";
  clients_.emplace(dir_.path(), dir_.write("hosts", hosts));

  upstream_.emplace(dir_ / "upstream");
  push_samples(rows);
  std::filesystem::create_directories(dir_ / "origin");
  std::filesystem::copy(dir_ / "upstream/storage", dir_ / "origin/storage",
                        std::filesystem::copy_options::recursive);
  spoil_upstream();
  origin_.emplace(dir_ / "origin", tls);
  proxy_.emplace(upstream_->port());
  portcullis_.emplace(test::PortcullisServer::Options{.directory = dir_ / "portcullis",
                                                      .config = server_config(proxy_->url(), kPatient)});
}

const Sample& Stage::sample(std::string_view row, Situation situation) const {
  return samples_.at(cell_name(row, situation));
}

void Stage::push(const Sample& sample) {
  if (sample.index) {
    test::push(upstream_->port(), sample.repository, "1", *sample.index);
  } else {
    test::push(upstream_->port(), sample.repository, "1", sample.image);
  }
}

void Stage::push_samples(const std::vector<std::string>& rows) {
  for (const auto& row : rows) {
    for (const auto situation : kOrder) {
      const auto name = cell_name(row, situation);
      const auto& sample =
          samples_.emplace(name, make_sample(row, name, situation == Situation::blocked)).first->second;
      if (situation != Situation::absent) push(sample);
    }
  }
}

void Stage::infect(std::string_view row, const Sample& sample) {
  push(make_sample(row, sample.repository.substr(sample.repository.find('/') + 1), true));
}

void Stage::spoil_upstream() {
  for (const auto& [name, sample] : samples_) {
    if (!name.ends_with(slug(Situation::corrupt))) continue;
    const auto& layer = sample.image.layers.back();
    auto bytes = layer.bytes;
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    test::write_file(upstream_->blob_file(layer.digest()), bytes);
  }
}

void Stage::enter(Situation situation) {
  if (situation == Situation::still_scanning) {
    // Restarted on the same port: only now are the pulls of this matrix meant to be sent away.
    portcullis_->stop();
    test::write_file(dir_ / "portcullis/portcullis.toml", server_config(proxy_->url(), kHasty));
    portcullis_->start();
  } else if (situation == Situation::upstream_down) {
    proxy_.reset();
    upstream_->stop();
  } else if (situation == Situation::portcullis_down) {
    portcullis_->stop();
  }
}

void Stage::keep_scanning(const Sample& sample) {
  proxy_->stall("/blobs/" + sample.image.layers.back().digest().text());
}

void Stage::finish_scan(const Sample& sample) {
  proxy_->release();
  test::HttpHeaders accept;
  for (const auto type : {oci::kDockerManifest, oci::kDockerList}) accept.emplace_back("Accept", type);
  // The image of the platform, not the index: on this route each has a verdict of its own.
  const auto target = "/v2/docker.io/" + sample.repository + "/manifests/" + sample.image.digest().text();
  if (!test::wait_until([&] { return test::http_get(port(), target, accept).status == 200; })) {
    throw std::runtime_error("the scan of " + sample.repository + " does not end");
  }
}

void Stage::forget_origin() { origin_->clear_log(); }

std::size_t Stage::origin_requests(const Sample& sample) {
  // A request of our own is in the log after those of the client, which ended before.
  const auto sentinel = "/v2/sentinel-" + std::to_string(sentinels_++);
  test::run({"curl", "--silent", "--insecure", "--output", "/dev/null", origin_->url() + sentinel});
  if (!test::wait_until([&] { return origin_->requests("GET", sentinel) == 1; })) {
    throw std::runtime_error("the origin does not answer: " + origin_->log());
  }
  std::size_t count = 0;
  std::istringstream lines(origin_->log());
  for (std::string line; std::getline(lines, line);) {
    if (!is_visit(line) || line.find("/v2/sentinel-") != std::string::npos) continue;
    const bool other = line.find("/library/") != std::string::npos &&
                       line.find("/" + sample.repository + "/") == std::string::npos;
    if (!other) ++count;
  }
  return count;
}

}  // namespace portcullis::matrix
