// SPDX-License-Identifier: Apache-2.0
//
// Manifests, indexes and image configs, read once by a strict reader into value types.
//
// Why strict: Go's encoding/json folds the case of keys and lets the last duplicate win, so one
// document can mean two things to us and to the container runtime. In every object with a schema a
// duplicate key, and a key that case-folds to a known key but differs from it, is refused. Free
// maps (annotations, Labels, Volumes, ExposedPorts) hold what they like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "portcullis/oci/digest.hpp"
#include "portcullis/oci/media_type.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::oci {

inline constexpr std::size_t kMaxDocumentBytes = 4u << 20;
inline constexpr std::size_t kMaxDocumentNodes = 65536;
inline constexpr std::size_t kMaxDocumentDepth = 32;

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;  ///< empty when absent

  /// `linux/arm64/v8`. A platform of `unknown/unknown` marks an attestation.
  static util::Result<Platform> parse(std::string_view text);
  std::string text() const;
  /// The platform of the machine this runs on, as GOARCH spells it.
  static Platform host();
  /// True when an image for `*this` is what a client that wants `wanted` would take: same os and
  /// architecture; the variant only when both name one.
  bool satisfies(const Platform& wanted) const;
  friend bool operator==(const Platform&, const Platform&) = default;
};

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::vector<std::string> urls;    ///< clients fetch these past the proxy: the gate refuses
  std::optional<std::string> data;  ///< decoded from base64; containerd uses it instead of a fetch
  std::map<std::string, std::string> annotations;
  std::optional<Platform> platform;  ///< index entries only
  std::string artifact_type;
};

struct Manifest {
  std::string media_type;
  std::string artifact_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::optional<Descriptor> subject;
  std::map<std::string, std::string> annotations;

  /// A runtime may take this for an image and unpack every layer, listed type or not. See
  /// may_be_image_config().
  bool is_image() const;
};

struct Index {
  std::string media_type;
  std::vector<Descriptor> manifests;
  std::optional<Descriptor> subject;
  std::map<std::string, std::string> annotations;
};

using Document = std::variant<Manifest, Index>;

/// Reads a manifest or an index. `declared_media_type` is the Content-Type it came with (may be
/// empty). Refused, with a message that names the offending key or value: over the limits above,
/// not JSON, duplicate or case-folded keys, a missing or mistyped field, both `manifests` and
/// `layers` (CVE-2021-41190), `mediaType` that disagrees with the declared type or the content,
/// schema 1, a descriptor whose `data` does not match its digest and size.
util::Result<Document> parse_document(std::string_view json, std::string_view declared_media_type);

struct HistoryEntry {
  std::string created_by;
  std::string comment;
  bool empty_layer = false;
};

/// What the gate and the checks look at in an image config; the rest is kept out of memory.
struct ImageConfig {
  Platform platform;
  std::string created;  ///< RFC 3339 as written, or empty
  std::string author;
  std::string user;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> env;
  std::vector<std::string> exposed_ports;
  std::map<std::string, std::string> labels;
  std::vector<HistoryEntry> history;
  std::vector<Digest> diff_ids;
};

util::Result<ImageConfig> parse_image_config(std::string_view json);

}  // namespace portcullis::oci
