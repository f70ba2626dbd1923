// SPDX-License-Identifier: Apache-2.0
//
// What most end-to-end tests start from: a real registry with images in it, and Portcullis in front.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "support/docker_registry.hpp"
#include "support/http_get.hpp"
#include "support/image_builder.hpp"
#include "support/portcullis_server.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::test {

/// Where the sample sits in the images of infected_layer().
inline constexpr std::string_view kInfectedPath = "opt/tool/payload.com";
inline constexpr std::string_view kEicarRule = "eicar_test_file";

std::vector<FileSpec> base_files();      ///< busybox, a few directories and files
std::vector<FileSpec> infected_files();  ///< one of them is the EICAR test file

/// Three gzip layers, nothing wrong with them.
Image clean_image(Dialect dialect = Dialect::docker);
/// The same base, and the EICAR test file in layer 2 of 3.
Image infected_image(Dialect dialect = Dialect::docker);

class World {
 public:
  /// `docker.io` is the registry; `config` is TOML for the server.
  explicit World(const std::string& config = {});

  TempDir dir;
  DockerRegistry registry;
  PortcullisServer server;
};

/// `skopeo copy docker://SERVER/NAME dir:...`
RunResult skopeo_pull(const PortcullisServer& server, const std::string& name, const TempDir& dir);

/// GET that comes again when it is told to wait (307 to itself), as every client does.
HttpResponse get_patiently(std::uint16_t port, std::string target, const HttpHeaders& headers = {});

/// As a client pulls: manifest by `reference`, then config and layers by digest, each checked against
/// `expected`. `path` is `library/x` or `docker.io/library/x`.
::testing::AssertionResult pulls(std::uint16_t port, const std::string& path, const std::string& reference,
                                 const Image& expected);

/// GET of the manifest with every media type accepted.
HttpResponse get_manifest(std::uint16_t port, const std::string& path, const std::string& reference,
                          const std::string& query = "");

/// The pull is refused as a block: 403, code DENIED, and a message with the rule, the file and layer.
::testing::AssertionResult is_block(const HttpResponse& response, const std::string& layer);

}  // namespace portcullis::test
