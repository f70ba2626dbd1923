// SPDX-License-Identifier: Apache-2.0
//
// From a request target to what is asked of which upstream. Pure; nothing here trusts its input.
//
//   /v2/<name>/...?ns=HOST          mirror route, that host (containerd)
//   /v2/HOST/<name>/...             prefix route: a first component with '.' or ':', or `localhost`
//   /v2/<name>/...                  mirror route, the default host
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "message.hpp"
#include "portcullis/oci/digest.hpp"
#include "portcullis/oci/reference.hpp"

namespace portcullis::http {

/// The query parameter that counts how often a client was sent to the same place again.
inline constexpr std::string_view kHopParameter = "portcullis-hop";

/// A target taken apart: path decoded, query decoded pair by pair.
struct Target {
  std::string path;
  std::string raw_path;
  std::vector<std::pair<std::string, std::string>> query;

  /// Nullopt for a broken percent escape or one that stands for a control character or non-ASCII.
  static std::optional<Target> parse(std::string_view text);
  /// The only value of that parameter; nullopt when there is none or more than one.
  std::optional<std::string_view> parameter(std::string_view name) const;
  bool has(std::string_view name) const;
  bool repeats(std::string_view name) const;
};

enum class RouteKind { mirror, prefix };

/// Which upstream, and how the client came to it: how a block has to look depends on that.
struct Route {
  RouteKind kind = RouteKind::mirror;
  std::optional<std::string> ns;  ///< as given, to be echoed
  std::string host;
  oci::Repository repository;
};

struct Ping {};
struct ManifestTarget {
  Route route;
  oci::TagOrDigest reference;
};
struct BlobTarget {
  Route route;
  oci::Digest digest;
};
struct ReferrersTarget {
  Route route;
  oci::Digest subject;
};
struct TagsTarget {
  Route route;
  std::string name;  ///< as the client wrote it: a host may stand in front of the repository
};
struct CatalogTarget {};
struct UnknownTarget {};  ///< nothing of the distribution API that is served here

using Destination =
    std::variant<Ping, ManifestTarget, BlobTarget, ReferrersTarget, TagsTarget, CatalogTarget, UnknownTarget>;

/// How the client came here, whether or not the rest of the target makes sense.
RouteKind route_kind(const Target& target);

/// Other names of upstreams, to the one under which everything about them is kept.
using Aliases = std::map<std::string, std::string>;

/// The error is a finished answer (400 NAME_INVALID and the like).
tl::expected<Destination, Answer> find_route(const Target& target, const std::string& default_host,
                                             const Aliases& aliases = {});

}  // namespace portcullis::http
