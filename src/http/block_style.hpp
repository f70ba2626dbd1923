// SPDX-License-Identifier: Apache-2.0
//
// How a "no" has to look so that the client in front of us stops, instead of going to the origin.
//
// To a client, a mirror is advisory: most answers that are not a success send it on. What stops each of
// them was measured (docker 20.10 to 28.5, containerd 1.6 to 2.1, podman 4.3 to 5.8, skopeo 1.9 to
// 1.22) and is an accident of its code. The styles are one table, in block_style.cpp.
#pragma once

#include <string_view>

#include "message.hpp"
#include "route.hpp"

namespace portcullis::http {

/// Programs that pull in the same way.
enum class ClientFamily {
  containerd,  ///< containerd's resolver: containerd, CRI, BuildKit, docker with the containerd store
  docker,      ///< dockerd with its classic store
  containers,  ///< containers/image: podman, skopeo, Buildah, CRI-O
  tool,        ///< no container runtime: it knows no mirrors, and people read its errors
  unknown,
};

enum class Asked { manifest_by_tag, manifest_by_digest, blob };

enum class BlockStyle {
  denied,           ///< what is the matter: 403 for good, 503 for now
  forbidden,        ///< 403 for now too
  choices,          ///< 300 without a Location
  no_such_process,  ///< 503 whose reason phrase ends in the text of ESRCH
  mismatch,         ///< 200, the right length, the wrong bytes
  shown,            ///< 200: the manifest itself, whose config is refused then; or `unreadable`
  unreadable,       ///< 200 and a line of text that no program takes for a manifest
};

std::string_view to_string(BlockStyle style);

/// `agent` is the User-Agent. Only containerd's resolver sends `ns`; docker's two stores share an agent.
ClientFamily client_family(std::string_view agent, bool has_ns);

BlockStyle choose_block_style(RouteKind route, ClientFamily family, const Request& request, Asked asked);

}  // namespace portcullis::http
