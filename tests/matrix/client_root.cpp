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
fs::path root() {
  const char* value = std::getenv("PORTCULLIS_CLIENTS_ROOT");
  return value != nullptr ? value : "";
}

}  // namespace

bool have_client(const std::string& name) {
  if (root().empty()) return test::have_tool(name);
  for (const char* directory : {"usr/sbin", "usr/bin", "usr/local/bin"}) {
    if (access((root() / directory / name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

ClientRoot::ClientRoot(const fs::path& shared, const fs::path& hosts) {
  const auto there = root();
  if (there.empty()) {
    test::bind_mount(hosts, "/etc/hosts");
    return;
  }
  test::bind_mount(there, there);  // docker's pivot_root wants the root to be a mount
  const auto place = shared.parent_path();
  fs::create_directories(there / place.relative_path());
  test::bind_mount(place, there / place.relative_path());
  for (const char* tree : {"proc", "sys", "dev"}) test::bind_mount(fs::path("/") / tree, there / tree);
  test::bind_mount(hosts, there / "etc/hosts");
  prefix_ = {"chroot", there.string()};
}

std::vector<std::string> ClientRoot::command(std::vector<std::string> argv) const {
  argv.insert(argv.begin(), prefix_.begin(), prefix_.end());
  return argv;
}

std::string ClientRoot::first_line(std::vector<std::string> argv) const {
  const auto out = test::run_ok({.argv = command(std::move(argv))}).out;
  return out.substr(0, out.find('\n'));
}

}  // namespace portcullis::matrix
