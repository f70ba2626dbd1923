// SPDX-License-Identifier: Apache-2.0
//
// The real `portcullis` program, run as a person would.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/paths.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::cli {

inline test::Command portcullis(std::vector<std::string> arguments) {
  test::Command command;
  command.argv = {test::program_path("portcullis")};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  return command;
}

/// `portcullis serve` on free ports, with its data and its standard error in `dir`.
struct ServeSetup {
  explicit ServeSetup(const test::TempDir& directory) : dir(directory) {}

  test::Command command(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {
        "serve", "--listen", address(port), "--admin-listen", address(admin_port), "--data", data.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    test::Command made = portcullis(std::move(arguments));
    made.err_file = dir / "serve.err";
    return made;
  }
  static std::string address(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }
  std::string log() const { return test::slurp(dir / "serve.err"); }

  const test::TempDir& dir;
  std::filesystem::path data = dir / "data";
  std::uint16_t port = test::free_port();
  std::uint16_t admin_port = test::free_port();
};

}  // namespace portcullis::cli
