// SPDX-License-Identifier: Apache-2.0
//
// The little internet of one client: network and mounts of its own, in which Docker Hub's names lead
// to a registry that counts who comes (the origin), and Portcullis has another one as its upstream.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client_root.hpp"
#include "expected.hpp"
#include "support/docker_registry.hpp"
#include "support/image_builder.hpp"
#include "support/portcullis_server.hpp"
#include "support/private_network.hpp"
#include "support/stalling_proxy.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::matrix {

/// The image of one cell; no two cells share a repository or the layer that matters.
struct Sample {
  std::string repository;  ///< `library/docker-mirror-blocked`
  std::string top;         ///< digest of the manifest, or of the index
  test::Image image;       ///< of an index: the image of this machine's platform
  std::optional<test::IndexImage> index = {};

  std::string by_tag() const { return "docker.io/" + repository + ":1"; }
  std::string by_digest() const { return "docker.io/" + repository + "@" + top; }
};

class Stage {
 public:
  /// Everything runs when this returns, and holds the images of all cells of these rows.
  explicit Stage(const std::vector<std::string>& rows);

  const test::TempDir& dir() const { return dir_; }
  const ClientRoot& clients() const { return *clients_; }
  std::uint16_t port() const { return portcullis_->port(); }
  std::string portcullis_log() const { return portcullis_->log(); }

  const Sample& sample(std::string_view row, Situation situation) const;

  /// Brings about what is the same for all rows. Only in the order kOrder: some leave things changed.
  static constexpr std::array kOrder = {
      Situation::clean,          Situation::blocked,       Situation::corrupt,        Situation::absent,
      Situation::still_scanning, Situation::upstream_down, Situation::portcullis_down};
  void enter(Situation situation);

  /// The download of this image's layer stops half way, and its scan with it, until finish_scan(),
  /// which returns when the verdict is there.
  void keep_scanning(const Sample& sample);
  void finish_scan(const Sample& sample);

  /// The tag of this sample leads to an infected image from now on, of the same kind.
  void infect(std::string_view row, const Sample& sample);

  /// Requests, and TLS connections that came to nothing, that reached the origin since the last
  /// forget_origin(); those that name the repository of another sample belong to an earlier cell.
  void forget_origin();
  std::size_t origin_requests(const Sample& sample);

 private:
  void push(const Sample& sample);
  void push_samples(const std::vector<std::string>& rows);
  void spoil_upstream();

  test::TempDir dir_;
  std::optional<test::MemoryDirectory> memory_;
  std::optional<ClientRoot> clients_;
  std::map<std::string, Sample> samples_;
  std::optional<test::DockerRegistry> upstream_;
  std::optional<test::DockerRegistry> origin_;
  std::optional<test::StallingProxy> proxy_;
  std::optional<test::PortcullisServer> portcullis_;
  int sentinels_ = 0;
};

}  // namespace portcullis::matrix
