// SPDX-License-Identifier: Apache-2.0
//
// podman and skopeo: the same library with the same configuration files.
#include "clients.hpp"

namespace portcullis::matrix {
namespace {

class ContainersClient : public Client {
 public:
  explicit ContainersClient(Stage& stage) : stage_(stage) {
    const auto portcullis = "127.0.0.1:" + std::to_string(stage.port());
    stage.dir().write("r/mirror.conf",
                      "[[registry]]\nprefix = \"docker.io\"\nlocation = \"docker.io\"\n"
                      "[[registry.mirror]]\nlocation = \"" +
                          portcullis + "\"\ninsecure = true\n");
    stage.dir().write("r/location.conf", "[[registry]]\nprefix = \"docker.io\"\nlocation = \"" + portcullis +
                                             "/docker.io\"\ninsecure = true\n");
    stage.dir().write("r/none.conf", "");
    stage.dir().write("r/auth.json", "{}");
    stage.dir().write("r/policy.json", R"({"default": [{"type": "insecureAcceptAnything"}]})");
  }

  test::RunResult pull(std::string_view row, const Sample& sample) override {
    return pull_with(file(row.ends_with("-location") ? "location.conf" : "mirror.conf"), sample);
  }
  test::RunResult pull_from_origin(const Sample& sample) override {
    return pull_with(file("none.conf"), sample);
  }

 protected:
  virtual test::RunResult pull_with(const std::string& registries, const Sample& sample) = 0;

  test::RunResult run(const std::vector<std::string>& argv, const std::string& registries) const {
    return test::run(test::Command{
        .argv = stage_.clients().command(argv),
        .env = {{"CONTAINERS_REGISTRIES_CONF", registries}, {"REGISTRY_AUTH_FILE", file("auth.json")}}});
  }

  std::string file(const char* name) const { return (stage_.dir() / "r" / name).string(); }

  Stage& stage_;
};

class PodmanClient : public ContainersClient {
 public:
  using ContainersClient::ContainersClient;

  std::string version() const override { return stage_.clients().first_line({"podman", "--version"}); }
  std::string image(std::string_view, const Sample& sample) override {
    const auto shown = podman({"image", "inspect", "--format={{.Id}}", sample.by_tag()}, file("none.conf"));
    return shown.exit_code == 0 ? shown.out : "";
  }

 private:
  test::RunResult pull_with(const std::string& registries, const Sample& sample) override {
    return podman({"pull", "--quiet", "--signature-policy", file("policy.json"), sample.by_tag()},
                  registries);
  }

  test::RunResult podman(const std::vector<std::string>& arguments, const std::string& registries) const {
    const auto place = [&](const char* name) { return (stage_.dir() / "p" / name).string(); };
    std::vector<std::string> argv = {"podman",     "--root",           place("root"), "--runroot",
                                     place("run"), "--tmpdir",         place("tmp"),  "--storage-driver",
                                     "vfs",        "--events-backend", "file",        "--cgroup-manager",
                                     "cgroupfs"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run(argv, registries);
  }
};

class SkopeoClient : public ContainersClient {
 public:
  using ContainersClient::ContainersClient;

  std::string version() const override { return stage_.clients().first_line({"skopeo", "--version"}); }
  std::string image(std::string_view, const Sample& sample) override {
    return test::slurp(target(sample) / "manifest.json");
  }
  bool keeps(std::string_view) const override { return false; }  // pulls into a fresh directory

 private:
  test::RunResult pull_with(const std::string& registries, const Sample& sample) override {
    std::filesystem::remove_all(target(sample));
    std::filesystem::create_directories(target(sample).parent_path());
    return run({"skopeo", "--insecure-policy", "--registries-conf", registries, "copy",
                "docker://" + sample.by_tag(), "dir:" + target(sample).string()},
               registries);
  }
  std::filesystem::path target(const Sample& sample) const { return stage_.dir() / "k" / sample.repository; }
};

}  // namespace

std::unique_ptr<Client> podman_client(Stage& stage) { return std::make_unique<PodmanClient>(stage); }
std::unique_ptr<Client> skopeo_client(Stage& stage) { return std::make_unique<SkopeoClient>(stage); }

}  // namespace portcullis::matrix
