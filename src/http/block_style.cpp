// SPDX-License-Identifier: Apache-2.0
#include "block_style.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

using enum BlockStyle;

/// On the mirror route. The reasons, from the clients' sources:
/// containerd   resolving asks by HEAD (or GET of the tag) and gives up at once on 3xx, while every status
///              above 399 makes it try the next host. Fetching goes by digest, where any status above 299
///              does that; a digest that does not match is final.
/// docker       goes to the origin after every error, except one whose text says ESRCH. A HEAD that fails
///              is only followed by the GET.
/// containers   takes the first endpoint that answers the manifest with 200, for everything that follows.
struct Row {
  ClientFamily family;
  BlockStyle head;       ///< of a manifest
  BlockStyle by_tag;     ///< GET of a manifest
  BlockStyle by_digest;  ///< GET of a manifest
  BlockStyle blob;       ///< HEAD and GET
};
constexpr std::array kMirrorRoute = {
    Row{ClientFamily::containerd, choices, choices, mismatch, mismatch},
    Row{ClientFamily::docker, choices, no_such_process, no_such_process, no_such_process},
    Row{ClientFamily::containers, shown, shown, shown, forbidden},
    Row{ClientFamily::tool, denied, denied, denied, denied},
    Row{ClientFamily::unknown, choices, no_such_process, no_such_process, no_such_process},
};

struct Agent {
  std::string_view start;  ///< lower case
  ClientFamily family;
};
/// BuildKit and containerd itself are told by `ns`.
constexpr std::array kAgents = {
    Agent{"docker/", ClientFamily::docker},
    Agent{"containers/", ClientFamily::containers},
    Agent{"skopeo/", ClientFamily::containers},
    Agent{"podman", ClientFamily::containers},
    Agent{"libpod/", ClientFamily::containers},
    Agent{"buildah", ClientFamily::containers},
    Agent{"cri-o", ClientFamily::containers},
    Agent{"crane", ClientFamily::tool},
    Agent{"go-containerregistry", ClientFamily::tool},
    Agent{"regclient/", ClientFamily::tool},
    Agent{"oras", ClientFamily::tool},
    Agent{"helm/", ClientFamily::tool},
    Agent{"cosign/", ClientFamily::tool},
    Agent{"trivy/", ClientFamily::tool},
    Agent{"grype/", ClientFamily::tool},
    Agent{"syft/", ClientFamily::tool},
    Agent{"curl/", ClientFamily::tool},
    Agent{"wget/", ClientFamily::tool},
    Agent{"python-requests/", ClientFamily::tool},
    Agent{"python-urllib/", ClientFamily::tool},
    Agent{"python-httpx/", ClientFamily::tool},
    Agent{"httpie/", ClientFamily::tool},
    Agent{"postmanruntime/", ClientFamily::tool},
    Agent{"mozilla/", ClientFamily::tool},
    Agent{"portcullis-", ClientFamily::tool},
};

}  // namespace

std::string_view to_string(BlockStyle style) {
  switch (style) {
    case denied:
      return "denied";
    case forbidden:
      return "forbidden";
    case choices:
      return "choices";
    case no_such_process:
      return "no_such_process";
    case mismatch:
      return "mismatch";
    case shown:
      return "shown";
    case unreadable:
      break;
  }
  return "unreadable";
}

ClientFamily client_family(std::string_view agent, bool has_ns) {
  const auto name = util::to_lower_ascii(agent);
  const auto* found = std::ranges::find_if(
      kAgents, [&](const Agent& entry) { return std::string_view(name).starts_with(entry.start); });
  auto family = found == kAgents.end() ? ClientFamily::unknown : found->family;
  // Programs built on it put their own name first.
  if (family == ClientFamily::unknown && name.find(" go-containerregistry/") != std::string::npos) {
    family = ClientFamily::tool;
  }
  return has_ns && family != ClientFamily::tool ? ClientFamily::containerd : family;
}

BlockStyle choose_block_style(RouteKind route, ClientFamily family, const Request& request, Asked asked) {
  // There the reference names us: whoever is refused has nowhere else to go.
  if (route == RouteKind::prefix) return denied;
  const auto& row = *std::ranges::find(kMirrorRoute, family, &Row::family);
  if (asked == Asked::blob) return row.blob;
  if (request.is_head()) return row.head;
  return asked == Asked::manifest_by_tag ? row.by_tag : row.by_digest;
}

}  // namespace portcullis::http
