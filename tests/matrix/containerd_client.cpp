// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "clients.hpp"
#include "support/wait.hpp"

namespace portcullis::matrix {
namespace {

/// A containerd of its own, asked by `ctr images pull --hosts-dir`.
class ContainerdClient : public Client {
 public:
  explicit ContainerdClient(Stage& stage) : stage_(stage), directory_(stage.dir() / "c") {
    std::filesystem::create_directories(directory_);
    const auto address = "http://127.0.0.1:" + std::to_string(stage.port());
    const auto host = "[host.\"" + address + "\"]\ncapabilities = [\"pull\", \"resolve\"]\n";
    stage.dir().write("c/mirror/docker.io/hosts.toml", host);
    stage.dir().write("c/server/docker.io/hosts.toml", "server = \"" + address + "\"\n" + host);
    stage.dir().write("c/config.toml",
                      "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\nroot = \"" +
                          path("root") + "\"\nstate = \"" + path("state") + "\"\n[grpc]\naddress = \"" +
                          path("s") + "\"\n");
    daemon_.emplace(
        test::Command{.argv = stage.clients().command({"containerd", "--config", path("config.toml")}),
                      .out_file = directory_ / "log",
                      .err_file = directory_ / "log"});
    const bool up = test::wait_until([&] { return !daemon_->running() || ctr({"version"}).exit_code == 0; },
                                     std::chrono::seconds(60));
    if (!up || !daemon_->running()) {
      throw std::runtime_error("containerd did not start: " + test::slurp(directory_ / "log"));
    }
  }

  std::string version() const override { return stage_.clients().first_line({"containerd", "--version"}); }

  test::RunResult pull(std::string_view row, const Sample& sample) override {
    const auto hosts = path(row == "ctr-server" ? "server" : "mirror");
    return pull_with({"--hosts-dir", hosts}, reference(row, sample));
  }
  std::string image(std::string_view row, const Sample& sample) override {
    const auto name = reference(row, sample);
    const auto line = ctr({"images", "ls", "name==" + name}).out;
    return line.find(name) != std::string::npos ? line : "";
  }
  bool keeps(std::string_view row) const override { return row != "ctr-digest"; }
  test::RunResult pull_from_origin(const Sample& sample) override { return pull_with({}, sample.by_tag()); }

 private:
  std::string path(const char* name) const { return (directory_ / name).string(); }

  static std::string reference(std::string_view row, const Sample& sample) {
    return row == "ctr-digest" ? sample.by_digest() : sample.by_tag();
  }

  test::RunResult pull_with(const std::vector<std::string>& flags, const std::string& reference) {
    // "native" needs nothing of the file system below.
    std::vector<std::string> argv = {"images", "pull", "--snapshotter", "native"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    argv.push_back(reference);
    return ctr(argv);
  }

  test::RunResult ctr(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv = {"ctr", "--address", path("s")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return test::run(stage_.clients().command(argv));
  }

  Stage& stage_;
  std::filesystem::path directory_;
  std::optional<test::Process> daemon_;
};

}  // namespace

std::unique_ptr<Client> containerd_client(Stage& stage) { return std::make_unique<ContainerdClient>(stage); }

}  // namespace portcullis::matrix
