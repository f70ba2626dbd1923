// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "clients.hpp"
#include "support/dockerd.hpp"

namespace portcullis::matrix {
namespace {

enum class Store { classic, containerd };

/// The first number of "Docker version 20.10.24+dfsg1, build ...".
int major_version(const std::string& version) {
  const auto digit = version.find_first_of("0123456789");
  return digit == std::string::npos ? 0 : std::atoi(version.c_str() + digit);
}

class DockerClient : public Client {
 public:
  DockerClient(Stage& stage, Store store)
      : stage_(stage), store_(store), version_(stage.clients().first_line({"dockerd", "--version"})) {
    if (!missing_store().empty()) return;
    daemon_.emplace(stage.dir() / "d", stage.port(),
                    test::DockerdOptions{.prefix = stage.clients().prefix(),
                                         .containerd_store = store == Store::containerd});
  }

  std::string version() const override { return version_; }
  std::string lacks(std::string_view) const override { return missing_store(); }

  test::RunResult pull(std::string_view row, const Sample& sample) override {
    return daemon_->pull(reference(row, sample));
  }
  std::string image(std::string_view row, const Sample& sample) override {
    const auto shown = daemon_->docker({"image", "inspect", "--format={{.Id}}", reference(row, sample)});
    return shown.exit_code == 0 ? shown.out : "";
  }
  /// With its mirror down; dockerd has no configuration per pull.
  test::RunResult pull_from_origin(const Sample& sample) override { return daemon_->pull(sample.by_tag()); }

 private:
  std::string missing_store() const {
    constexpr int kFirstWithContainerdStore = 24;
    if (store_ == Store::classic || major_version(version_) >= kFirstWithContainerdStore) return {};
    return "not in this version of docker";
  }

  std::string reference(std::string_view row, const Sample& sample) const {
    const auto host = "127.0.0.1:" + std::to_string(stage_.port()) + "/";
    if (row == "docker-host") return host + sample.repository + ":1";
    if (row == "docker-host-prefix") return host + sample.by_tag();
    return sample.by_tag();
  }

  Stage& stage_;
  Store store_;
  std::string version_;
  std::optional<test::Dockerd> daemon_;
};

}  // namespace

std::unique_ptr<Client> docker_client(Stage& stage) {
  return std::make_unique<DockerClient>(stage, Store::classic);
}

std::unique_ptr<Client> docker_containerd_client(Stage& stage) {
  return std::make_unique<DockerClient>(stage, Store::containerd);
}

}  // namespace portcullis::matrix
