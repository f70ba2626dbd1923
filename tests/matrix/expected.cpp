// SPDX-License-Identifier: Apache-2.0
#include "expected.hpp"

#include <stdexcept>
#include <tuple>
#include <utility>

namespace portcullis::matrix {
namespace {

constexpr Cell kServed{Outcome::served};
constexpr Cell kAbsentAtOrigin{Outcome::asks_origin, "not found", Limit::truth};
constexpr Cell kNoPortcullis{Outcome::asks_origin, "", Limit::no_answer};

constexpr Cell held(std::string_view message) { return {Outcome::held, message}; }

constexpr std::string_view kBusy = "scan in progress";
constexpr std::string_view kRefused = "connection refused";

std::vector<Row> make_rows() {
  std::vector<Row> rows;
  const auto add = [&](Row row) { rows.push_back(row); };
  add({"docker-mirror",
       "dockerd, classic image store",
       "`registry-mirrors`",
       {kServed, held("received unexpected HTTP status: 503 BLOCKED by Portcullis: rule "), held(kBusy),
        held("503 "), held("503 "), kAbsentAtOrigin, kNoPortcullis}});
  add({"docker-containerd",
       "dockerd, containerd image store",
       "`registry-mirrors`",
       {kServed, held("300 BLOCKED by Portcullis: rule "), held(kBusy), held("300 "), held("300 "),
        kAbsentAtOrigin, kNoPortcullis}});
  add({"docker-host",
       "dockerd",
       "`docker pull PORTCULLIS/library/x`",
       {kServed, held("BLOCKED by Portcullis: rule "), held(kBusy), held("503 "), held("503 "),
        held("not found"), held(kRefused)}});
  add({"docker-host-prefix",
       "dockerd",
       "`docker pull PORTCULLIS/docker.io/library/x`",
       {kServed, held("denied: BLOCKED by Portcullis: rule "), held(kBusy), held(""), held(""),
        held("not found"), held(kRefused)}});
  for (const auto& [key, what] :
       {std::pair{"ctr-tag", "containerd, by tag"}, std::pair{"ctr-digest", "containerd, by digest"},
        std::pair{"ctr-index", "containerd, multi-platform image"}}) {
    add({key,
         what,
         "`[host]` without `server`",
         {kServed, held("300 BLOCKED by Portcullis: rule "), held(kBusy), held("300 "), held("300 "),
          kAbsentAtOrigin, kNoPortcullis}});
  }
  add({"ctr-server",
       "containerd",
       "`[host]` and `server`",
       {kServed, held("300 BLOCKED by Portcullis: rule "), held(kBusy), held("300 "), held("300 "),
        held("not found"), held(kRefused)}});
  for (const auto& [mirror, location, client] :
       {std::tuple<std::string_view, std::string_view, std::string_view>{"podman-mirror", "podman-location",
                                                                         "podman"},
        {"skopeo-mirror", "skopeo-location", "skopeo"}}) {
    add({mirror,
         client,
         "`[[registry.mirror]]`",
         {kServed, held("denied: BLOCKED by Portcullis: rule "), held(kBusy),
          Cell{Outcome::asks_origin, "", Limit::no_manifest}, held(""), kAbsentAtOrigin, kNoPortcullis}});
    add({location,
         client,
         "`location = \"PORTCULLIS/docker.io\"`",
         {kServed, held("denied: BLOCKED by Portcullis: rule "), held(kBusy), held(""), held(""),
          held("manifest unknown"), held(kRefused)}});
  }
  return rows;
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
