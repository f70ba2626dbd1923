// SPDX-License-Identifier: Apache-2.0
#include "expected.hpp"

#include <stdexcept>

namespace portcullis::matrix {
namespace {

constexpr Cell kServed{Outcome::served};
constexpr Cell kAbsentAtOrigin{Outcome::asks_origin, "", "", Limit::truth};
constexpr Cell kNoPortcullis{Outcome::asks_origin, "", "", Limit::no_answer};

constexpr Cell held(std::string_view message, std::string_view older = {}) {
  return {Outcome::held, message, older};
}

constexpr std::string_view kBusy = "scan in progress";
constexpr std::string_view kUnreachable = "Couldn't connect to server";
constexpr std::string_view kOtherDigest = "have another digest";
constexpr std::string_view kRefused = "connection refused";
/// What podman 4.3 and skopeo 1.9 make of a refused blob; later versions show the reason.
constexpr std::string_view kForbidden = "invalid status code from registry 403 (Forbidden)";

/// One whose mirror is followed by the origin.
Row mirror(std::string_view key, std::string_view client, std::string_view configuration, Cell blocked) {
  return {key,
          client,
          configuration,
          {kServed, blocked, held(kBusy), held(kUnreachable), held(kOtherDigest), kAbsentAtOrigin,
           kNoPortcullis}};
}

/// One that knows no other place to ask.
Row only(std::string_view key, std::string_view client, std::string_view configuration, Cell blocked,
         std::string_view absent) {
  auto row = mirror(key, client, configuration, blocked);
  row.at(Situation::absent) = held(absent);
  row.at(Situation::portcullis_down) = held(kRefused);
  return row;
}

/// podman or skopeo with a mirror: what stops them is a manifest whose config is refused or, where there
/// is none to show, one that is no manifest.
Row containers_mirror(std::string_view key, std::string_view client) {
  auto row = mirror(key, client, "`[[registry.mirror]]`",
                    held("fetching blob: denied: BLOCKED by Portcullis: rule ", kForbidden));
  row.at(Situation::still_scanning) = held(kBusy, kForbidden);
  row.at(Situation::upstream_down) = held("initializing image from source");
  row.at(Situation::corrupt) = held("initializing image from source");
  return row;
}

std::vector<Row> make_rows() {
  const Cell by_choices = held("300 BLOCKED by Portcullis: rule ");
  const Cell by_no_process = held("received unexpected HTTP status: 503 BLOCKED by Portcullis: rule ");
  const Cell denied = held("denied: BLOCKED by Portcullis: rule ");
  constexpr std::string_view kNoServer = "`[host]` without `server`";
  constexpr std::string_view kLocation = "`location = \"PORTCULLIS/docker.io\"`";
  return {
      mirror("docker-mirror", "dockerd, classic image store", "`registry-mirrors`", by_no_process),
      mirror("docker-containerd", "dockerd, containerd image store", "`registry-mirrors`", by_choices),
      only("docker-host", "dockerd", "`docker pull PORTCULLIS/library/x`", by_no_process, "not found"),
      only("docker-host-prefix", "dockerd", "`docker pull PORTCULLIS/docker.io/library/x`", denied,
           "not found"),
      mirror("ctr-tag", "containerd, by tag", kNoServer, by_choices),
      mirror("ctr-digest", "containerd, by digest", kNoServer, by_choices),
      mirror("ctr-index", "containerd, multi-platform image", kNoServer, by_choices),
      only("ctr-server", "containerd", "`[host]` and `server`", by_choices, "not found"),
      containers_mirror("podman-mirror", "podman"),
      only("podman-location", "podman", kLocation, denied, "manifest unknown"),
      containers_mirror("skopeo-mirror", "skopeo"),
      only("skopeo-location", "skopeo", kLocation, denied, "manifest unknown"),
  };
}

}  // namespace

std::string_view name_of(Situation situation) {
  switch (situation) {
    case Situation::clean:
      return "clean";
    case Situation::blocked:
      return "blocked";
    case Situation::still_scanning:
      return "still scanning";
    case Situation::upstream_down:
      return "upstream down";
    case Situation::corrupt:
      return "corrupt upstream blob";
    case Situation::absent:
      return "upstream 404";
    case Situation::portcullis_down:
      return "Portcullis down";
  }
  return "?";
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::served:
      return "served";
    case Outcome::held:
      return "held";
    case Outcome::asks_origin:
      return "asks the origin";
  }
  return "?";
}

const std::vector<Row>& expected() {
  static const std::vector<Row> rows = make_rows();
  return rows;
}

const Row& expected(std::string_view key) {
  for (const auto& row : expected()) {
    if (row.key == key) return row;
  }
  throw std::logic_error("the matrix has no row " + std::string(key));
}

}  // namespace portcullis::matrix
