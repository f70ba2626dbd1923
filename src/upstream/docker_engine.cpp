// SPDX-License-Identifier: Apache-2.0
#include "portcullis/upstream/docker_engine.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "transport.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

constexpr std::string_view kUnix = "unix://";
constexpr std::string_view kTcp = "tcp://";
/// A daemon writes all layers to its own disk before the first byte of an archive leaves it.
constexpr std::chrono::minutes kPatience{15};

class Engine final : public DockerEngine {
 public:
  Engine(std::string name, std::string socket, Url base, std::unique_ptr<Transport> transport)
      : name_(std::move(name)),
        socket_(std::move(socket)),
        base_(std::move(base)),
        transport_(std::move(transport)) {}

  util::Result<void> save(const std::string& image, util::ByteSink& archive) override {
    if (!socket_.empty() && ::access(socket_.c_str(), R_OK | W_OK) != 0) return no_socket(errno);
    auto url = with_query(base_, "names", image);
    if (!url) return tl::unexpected(url.error());
    Exchange exchange{};
    exchange.url = *std::move(url);
    exchange.on_body = [&archive](const Head&, std::span<const std::byte> bytes) {
      return archive.write(bytes);
    };
    const auto head = transport_->perform(exchange);
    if (!head) return util::fail(name_, head.error().error);
    if (head->ok()) return {};
    if (head->status == 404) {
      return util::fail(ErrorKind::absent, name_ + " has no image " + image + "; pull or build it first");
    }
    const bool denied = head->status == 401 || head->status == 403;
    return util::fail(
        denied ? ErrorKind::denied : ErrorKind::unreachable,
        name_ + " answered with status " + std::to_string(head->status) + " to the request for " + image);
  }
  void stop() override { transport_->stop(); }

 private:
  util::Result<void> no_socket(int error) const {
    if (error == EACCES) {
      return util::fail(ErrorKind::denied, name_ +
                                               ": no permission to use its socket; who may is in the group "
                                               "docker, or root");
    }
    return util::fail(ErrorKind::unreachable,
                      name_ + ": " + std::strerror(error) + "; is it running? DOCKER_HOST says where it is");
  }

  const std::string name_;    ///< for messages
  const std::string socket_;  ///< empty: tcp
  const Url base_;
  const std::unique_ptr<Transport> transport_;
};

}  // namespace

util::Result<std::unique_ptr<DockerEngine>> docker_engine(const EngineOptions& options) {
  Options connection;
  connection.proxy = "direct";
  connection.stall_timeout = kPatience;
  connection.floor_rate = 0;
  const std::string& host = options.host;
  std::string socket;
  if (host.starts_with(kUnix)) {
    socket = host.substr(kUnix.size());
    connection.url = "http://localhost";
  } else if (host.starts_with(kTcp)) {
    connection.url = (options.certificates.empty() ? "http://" : "https://") + host.substr(kTcp.size());
    if (!options.certificates.empty()) {
      connection.ca_file = options.certificates + "/ca.pem";
      connection.client_cert_file = options.certificates + "/cert.pem";
      connection.client_key_file = options.certificates + "/key.pem";
    }
  } else {
    return util::fail(ErrorKind::invalid,
                      "expected DOCKER_HOST to be unix:///PATH or tcp://HOST:PORT, saw \"" + host +
                          "\"; elsewhere use: docker save IMAGE | portcullis scan -");
  }
  auto base = parse_url(connection.url + "/images/get");
  if (!base) return util::fail("DOCKER_HOST", base.error());
  auto transport = Transport::create(connection, *base, socket);
  if (!transport) return util::fail("docker daemon at " + host, transport.error());
  return std::make_unique<Engine>("docker daemon at " + host, socket, *std::move(base),
                                  *std::move(transport));
}

}  // namespace portcullis::upstream
