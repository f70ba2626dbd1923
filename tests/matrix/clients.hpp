// SPDX-License-Identifier: Apache-2.0
//
// The clients of the matrix, real ones, each with the configurations that are its rows.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stage.hpp"
#include "support/process.hpp"

namespace portcullis::matrix {

class Client {
 public:
  virtual ~Client() = default;

  /// Name and version, as the report shows it.
  virtual std::string version() const = 0;
  /// What keeps this version from having the row at all; empty when it has it.
  virtual std::string lacks(std::string_view) const { return {}; }
  virtual test::RunResult pull(std::string_view row, const Sample& sample) = 0;
  /// What names the image that the client now has under that reference; empty when it has none.
  virtual std::string image(std::string_view row, const Sample& sample) = 0;
  /// Does an image stay under its name until another pull replaces it?
  virtual bool keeps(std::string_view) const { return true; }
  /// The same from Docker Hub, with no Portcullis in its configuration or with one that is down: the
  /// proof that the origin works for this client, without which a count of 0 means nothing.
  virtual test::RunResult pull_from_origin(const Sample& sample) = 0;
};

/// Each starts what it needs in a directory of the stage, and ends it.
std::unique_ptr<Client> docker_client(Stage& stage);
std::unique_ptr<Client> docker_containerd_client(Stage& stage);
std::unique_ptr<Client> containerd_client(Stage& stage);
std::unique_ptr<Client> podman_client(Stage& stage);
std::unique_ptr<Client> skopeo_client(Stage& stage);

}  // namespace portcullis::matrix
