// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace portcullis::matrix {

/// Is the program among the clients?
bool have_client(const std::string& name);

/// Where client programs come from: this machine, or the root directory of another Debian that
/// PORTCULLIS_CLIENTS_ROOT names.
class ClientRoot {
 public:
  /// The clients see `shared`, and what is beside it, at the same path, and `hosts` as /etc/hosts. Only after
  /// enter_private_mounts().
  ClientRoot(const std::filesystem::path& shared, const std::filesystem::path& hosts);
  ~ClientRoot();
  ClientRoot(const ClientRoot&) = delete;
  ClientRoot& operator=(const ClientRoot&) = delete;

  /// The command line that runs `argv` there.
  std::vector<std::string> command(std::vector<std::string> argv) const;
  const std::vector<std::string>& prefix() const { return prefix_; }
  /// First line of what `argv` prints.
  std::string first_line(std::vector<std::string> argv) const;

 private:
  std::filesystem::path root_;  ///< empty: this machine
  std::vector<std::string> prefix_;
};

}  // namespace portcullis::matrix
