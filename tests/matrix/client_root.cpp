// SPDX-License-Identifier: Apache-2.0
#include "client_root.hpp"

#include <unistd.h>

#include <cstdlib>

#include "support/private_network.hpp"
#include "support/process.hpp"
#include "support/require.hpp"

namespace portcullis::matrix {
namespace {

namespace fs = std::filesystem;

/// Empty: this machine.
fs::path chosen_root() {
  const char* value = std::getenv("PORTCULLIS_CLIENTS_ROOT");
  return value != nullptr ? value : "";
}

}  // namespace

bool have_client(const std::string& name) {
  if (chosen_root().empty()) return test::have_tool(name);
  for (const char* directory : {"usr/sbin", "usr/bin", "usr/local/bin"}) {
    if (access((chosen_root() / directory / name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

ClientRoot::ClientRoot(const fs::path& shared, const fs::path& hosts) : root_(chosen_root()) {
  if (root_.empty()) {
    test::bind_mount(hosts, "/etc/hosts");
    return;
  }
  test::bind_mount(root_, root_);  // docker's pivot_root wants the root to be a mount
  const auto place = shared.parent_path();
  fs::create_directories(root_ / place.relative_path());
  test::bind_mount(place, root_ / place.relative_path());
  for (const char* tree : {"proc", "sys", "dev"}) test::bind_mount(fs::path("/") / tree, root_ / tree);
  test::bind_mount(hosts, root_ / "etc/hosts");
  prefix_ = {"chroot", root_.string()};
}

ClientRoot::~ClientRoot() { test::unmount(root_.empty() ? "/etc/hosts" : root_); }

std::vector<std::string> ClientRoot::command(std::vector<std::string> argv) const {
  argv.insert(argv.begin(), prefix_.begin(), prefix_.end());
  return argv;
}

std::string ClientRoot::first_line(std::vector<std::string> argv) const {
  const auto out = test::run_ok({.argv = command(std::move(argv))}).out;
  return out.substr(0, out.find('\n'));
}

}  // namespace portcullis::matrix
